#include "experiments/circuits/table_rows.h"

namespace dualtape::circuits {

void remove_tables(const std::filesystem::path& folder, const std::vector<std::string>& tables) {
    for (const std::string& table : tables) std::filesystem::remove(folder / table);
}

}  // namespace dualtape::circuits
