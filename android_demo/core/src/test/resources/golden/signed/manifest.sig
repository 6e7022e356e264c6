{
  "schema_version": 1,
  "algorithm": "ed25519",
  "key_id": "56475aa75463474c",
  "public_key": "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
  "signature": "d9e7ebdbda48f9e0343ef7a82ef66a4df479ae992dd07b31c6ddec5d658b181bf1c2b391d2581ccba5638a57d7534a47f827b2dd5ccae11fb86bead75d3eab02"
}
