"""The requirements of the framework by their ids.

Invariant: ids and their order never change; a verdict exists for each. What a requirement asks of the software is in
docs/reference/requirements.md; how it is judged is for `conformance`.
"""

REQUIREMENTS: dict[str, str] = {
    "DE-1": "decisions about tools and infrastructure are made knowingly",
    "AV-1": "the availability needed is decided from the business objective",
    "AV-2": "an architecture delivers the availability",
    "AV-3": "availability is measured",
    "AV-4": "what availability costs is weighed against what the model is worth",
    "EF-1": "statistical and business measures are agreed",
    "EF-2": "thresholds have actions",
    "EF-3": "success is the KPI, measured against a control group",
    "EF-4": "value is net of cost",
    "AU-1": "data ingest is automated",
    "AU-2": "features are reusable and correct in time",
    "AU-3": "monitoring is automated",
    "AU-4": "thresholds separate what a machine mends from what a human must judge",
    "AU-5": "retraining runs without its author",
    "AU-6": "redeployment is automated",
    "AU-7": "people re-evaluate the project when repairs have failed",
    "AU-8": "a model that is no longer needed is retired cleanly",
    "AU-9": "new data flows back into training",
    "AU-10": "an initial period of adjustment",
    "AU-11": "model optimisation is repeatable",
    "RI-1": "personal data is protected",
    "RI-2": "leakage through the model is tested",
    "RI-3": "bias is tested",
    "RI-4": "the supply chain is safe",
    "RI-5": "an external audit where stakes are high",
    "ENV-1": "development and production are separate",
    "AD-1": "every prediction names the model version and artifact that made it",
    "AD-2": "input and output of every prediction are recorded",
    "AD-3": "every model names the data that trained it",
    "AD-4": "the record can be trusted",
    "RE-1": "same version, same input, same prediction",
    "RE-2": "same data, parameters, code and seed, same model",
    "RE-3": "nothing needed for reproduction is missing",
    "EX-1": "whether an explanation is owed is decided",
    "EX-2": "the explanation fits the model",
    "EX-3": "people outside the project understand the explanation",
    "EX-4": "explanations follow the model",
    "HO-1": "solely automated decisions about people can be contested",
    "HO-2": "people approve what machines propose",
}
"""Short title by id, in the order of the framework."""
