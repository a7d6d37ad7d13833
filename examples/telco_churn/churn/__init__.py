"""The project's own code: features of customers, a model of who leaves. It knows the company by its files alone."""
