namespace dualtape::reports {}
