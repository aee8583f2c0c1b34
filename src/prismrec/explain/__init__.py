"""Why an item was recommended, exactly."""
