#include "experiments/lab/table_rows.h"

namespace dualtape::lab {

void remove_tables(const std::filesystem::path& folder, const std::vector<std::string>& tables) {
    for (const std::string& table : tables) std::filesystem::remove(folder / table);
}

}  // namespace dualtape::lab
