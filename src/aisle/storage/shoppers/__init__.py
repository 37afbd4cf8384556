"""Who somebody is: ids that are one person's, what is held on a person, and people who were erased."""
