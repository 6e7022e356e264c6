"""Files that leave the machine, which a person always carries: tables, FHIR, forms for ODK, slips and reports."""
