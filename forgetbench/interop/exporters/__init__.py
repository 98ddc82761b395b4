"""A comparison in the forms that others publish, file and track."""
