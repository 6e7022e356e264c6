{
  "schema_version": 1,
  "algorithm": "ed25519",
  "key_id": "56475aa75463474c",
  "public_key": "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
  "signature": "6e4b902febcf78643110dc4123ba7b26b341d75b3ee773ae3d436890fb360a137c1a6009bed5214f76fbf4619e47ef71a103ea02f8adf20ccc811471fe705002"
}
