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

// A word that is the value of no flag.
struct Word {
    std::string text;
    std::string after;           // the flag whose value stands before it; "" when there is none
    bool is_after_list = false;  // that flag takes a list
};

struct Arguments {
    std::map<std::string, std::string> typed;  // by flag; a switch has the value "true"
    std::vector<Word> words;                   // in the order given
};

// Takes --flag value, --flag=value and switches, in any order with other words. Throws InputError
// for an unknown flag, with a suggestion, a flag given twice or without its value, and a switch
// with one.
Arguments read_arguments(const std::vector<std::string>& arguments, const std::vector<Flag>& flags);

}  // namespace dualtape::lab
