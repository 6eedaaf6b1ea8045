#pragma once
// PyTorch's torch.randperm on the CPU: recreates the splits of published code, bit for bit.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dualtape::kernels {

// torch.manual_seed(seed); torch.randperm(n): the Mersenne Twister, seeded by the low 32 bits;
// place i, from the first one on, is swapped with place i + (word mod (n - i)). n below
// (2^32 - 1) / 20, from where PyTorch draws words of 64 bits. Throws ContractError otherwise.
// Cost: n words. Source: PyTorch's aten/src/ATen/native/TensorFactories.cpp.
std::vector<std::int32_t> torch_randperm(std::size_t n, std::uint64_t seed);

}  // namespace dualtape::kernels
