"""MLflow: a run per training and search, and a bundle as a model of its own. Nothing else depends on a tracker."""
