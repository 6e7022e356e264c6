{
  "schema_version": 1,
  "algorithm": "ed25519",
  "key_id": "56475aa75463474c",
  "public_key": "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
  "signature": "999c1873f8e24e1a00d204b040e2321392f9af25182a51d2fd8ddfcc711314f0f2ee3a59ec4663fb572ac7b92f15818bbe5a374af46d42eeb03465dcafd83303"
}
