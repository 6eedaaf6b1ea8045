#pragma once
// The words of a command line taken apart: values by flag, and words that belong to no flag.

#include <map>
#include <string>
#include <vector>

#include "experiments/lab/options.h"

namespace dualtape::lab {

// An option that is no setting and stands in no recipe.
struct CommonOption {
    std::string flag;   // --recipe
    std::string value;  // "NAME"; "" for a switch
    std::string help;
    bool is_hidden = false;
};

struct Flag {
    std::string name;         // --learning-rate
    std::string type;         // of the value: REAL; "" for a switch
    bool is_boolean = false;  // the value may be left out
    bool is_list = false;
};
std::vector<Flag> flags_of(const std::vector<CommonOption>& common, const Options& options);

struct Arguments {
    std::map<std::string, std::string> typed;  // by flag; a switch has the value "true"
    std::vector<std::string> words;            // those of no flag, in the order given
    // The flag of a list whose value the first of the words follows, as in --depths 1 2; or "".
    std::string split_list;
};

// Takes --flag value, --flag=value and switches, in any order with other words. Values may be empty
// and start with a hyphen; after a blank they are no flag. Throws InputError for an unknown flag,
// with a suggestion, a flag given twice or without its value, and a switch with one.
Arguments read_arguments(const std::vector<std::string>& arguments, const std::vector<Flag>& flags);

}  // namespace dualtape::lab
