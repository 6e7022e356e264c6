"""What leaves the machine, always as a file that a person carries: tables, FHIR, forms for ODK, slips and reports."""
