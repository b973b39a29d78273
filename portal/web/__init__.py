"""Everything a browser or another program talks to; decides no rule of the business."""
