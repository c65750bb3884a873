update visits set place = lower(place);
