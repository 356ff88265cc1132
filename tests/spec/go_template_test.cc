// SPDX-License-Identifier: Apache-2.0
//
// The rows of kRendered are what Go 1.26's text/template and html/template wrote for the same data.
#include "spec/go_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace modelgate::spec {
namespace {

using ::testing::HasSubstr;

const TemplateMap kLabels = {{"team", "t"}, {"empty", ""}, {"app.kubernetes.io/part-of", "shop"}};
const TemplateMap kAnnotations = {{"served-name", "churn-main"}, {"html", "a&b+<c>'\""}, {"uni", "größe"}};
constexpr std::array kFields = std::to_array<TemplateField>(
    {{"Name", false}, {"Namespace", false}, {"Labels", true}, {"Annotations", true}});

TemplateData data() {
  return {{"Name", TemplateValue::of("m")},
          {"Namespace", TemplateValue::of("ns")},
          {"Labels", TemplateValue::of(kLabels)},
          {"Annotations", TemplateValue::of(kAnnotations)}};
}

std::string expanded(std::string_view text, const ExpandOptions& options,
                     std::size_t budget = kMaxExpandedBytes) {
  const auto parsed = GoTemplate::parse(text, {.fields = kFields});
  if (!parsed) return "error: " + parsed.error();
  const auto out = parsed->expand(data(), options, budget);
  return out ? *out : "error: " + out.error();
}

struct Row {
  std::string_view text;
  std::string_view plain;
  std::string_view html;
};

constexpr Row kRendered[] = {
    {R"~(plain)~", "plain", "plain"},
    {R"~(a{{.Name}}b)~", "amb", "amb"},
    {R"~({{ .Namespace }}/{{.Name}})~", "ns/m", "ns/m"},
    {R"~({{.Labels.team}})~", "t", "t"},
    {R"~({{.Labels.none}})~", "<no value>", ""},
    {R"~({{.Labels.empty}})~", "", ""},
    {R"~({{.Annotations.html}})~", "a&b+<c>'\"", "a&amp;b&#43;&lt;c&gt;&#39;&#34;"},
    {R"~({{index .Annotations `served-name`}})~", "churn-main", "churn-main"},
    {R"~({{index .Annotations "served-name"}})~", "churn-main", "churn-main"},
    {R"~({{ index .Labels `app.kubernetes.io/part-of` }})~", "shop", "shop"},
    {R"~({{index .Labels "none"}})~", "", ""},
    {R"~([{{index .Labels `none` | printf `%s`}}])~", "[]", "[]"},
    {R"~({{"served-name" | index .Annotations}})~", "churn-main", "churn-main"},
    {R"~({{or .Labels.none "small"}})~", "small", "small"},
    {R"~({{or (index .Labels "none") .Labels.empty "small"}})~", "small", "small"},
    {R"~({{or .Labels.none .Labels.empty}})~", "", ""},
    {R"~({{and .Name .Labels.none}})~", "<no value>", ""},
    {R"~({{and .Name "x"}})~", "x", "x"},
    {R"~({{and "" .Name}})~", "", ""},
    {R"~({{not .Labels.none}})~", "true", "true"},
    {R"~({{not .Name}})~", "false", "false"},
    {R"~({{if .Labels.team}}a{{else}}b{{end}})~", "a", "a"},
    {R"~({{if .Labels.none}}a{{else}}b{{end}})~", "b", "b"},
    {R"~({{if .Labels.none}}a{{else if eq .Name "m"}}c{{else}}b{{end}})~", "c", "c"},
    {R"~({{if and (eq .Name "m") (ne .Namespace "x")}}yes{{end}})~", "yes", "yes"},
    {R"~({{if .Labels}}some{{end}})~", "some", "some"},
    {R"~({{with .Labels.team}}t={{.}}{{end}})~", "t=t", "t=t"},
    {R"~({{with .Labels.none}}t={{.}}{{else}}none {{.Name}}{{end}})~", "none m", "none m"},
    {R"~({{with .Labels}}{{.team}}-{{$.Name}}{{end}})~", "t-m", "t-m"},
    {R"~({{with $x := .Labels.team}}{{$x}}{{end}})~", "t", "t"},
    {R"~({{if $x := .Labels.none}}{{$x}}{{else}}[{{$x}}]{{end}})~", "[<no value>]", "[]"},
    {R"~({{$n := .Name}}{{$n}}{{$n = "z"}}{{$n}})~", "mz", "mz"},
    {R"~({{$n := "a"}}{{if true}}{{$n = "b"}}{{$n := "c"}}{{$n}}{{end}}{{$n}})~", "cb", "cb"},
    {R"~({{$.Name}})~", "m", "m"},
    {R"~({{$l := .Labels}}{{$l.team}})~", "t", "t"},
    {R"~(a {{- .Name -}} b)~", "amb", "amb"},
    {R"~(a {{- /* c */ -}} b)~", "ab", "ab"},
    {R"~(a {{/* c */}} b)~", "a  b", "a  b"},
    {R"~({{- .Name}} x)~", "m x", "m x"},
    {R"~({{3}})~", "3", "3"},
    {R"~({{-3}})~", "-3", "-3"},
    {R"~({{ -3}})~", "-3", "-3"},
    {R"~({{print .Name 1 2 .Namespace}})~", "m1 2ns", "m1 2ns"},
    {R"~({{print 1 2 true}})~", "1 2 true", "1 2 true"},
    {R"~({{print "a" "b"}})~", "ab", "ab"},
    {R"~({{print}})~", "", ""},
    {R"~({{println "a" 1 2}})~", "a 1 2\n", "a 1 2\n"},
    {R"~({{printf "%s-%s" .Name .Namespace}})~", "m-ns", "m-ns"},
    {R"~({{printf "%d/%03d/%-4d|%4d" 1 2 3 4}})~", "1/002/3   |   4", "1/002/3   |   4"},
    {R"~({{printf "%.2s|%5s|%-5s|" "größe" "ab" "ab"}})~", "gr|   ab|ab   |", "gr|   ab|ab   |"},
    {R"~({{printf "%q %v %t %x %X %%" "a\"b" 3 true "hi" 255}})~", "\"a\\\"b\" 3 true 6869 FF %",
     "&#34;a\\&#34;b&#34; 3 true 6869 FF %"},
    {R"~({{printf "%05d" -7}})~", "-0007", "-0007"},
    {R"~({{printf "%s" (index .Annotations `served-name`)}})~", "churn-main", "churn-main"},
    {R"~({{.Name | printf "%s-%s" "a"}})~", "a-m", "a-m"},
    {R"~({{.Name | print | len}})~", "1", "1"},
    {R"~({{len .Labels}})~", "3", "3"},
    {R"~({{len .Name}})~", "1", "1"},
    {R"~({{slice .Name 0 1}})~", "m", "m"},
    {R"~({{slice "abcdef" 2}})~", "cdef", "cdef"},
    {R"~({{slice "abcdef" 2 4}})~", "cd", "cd"},
    {R"~({{eq .Name "a" "m"}})~", "true", "true"},
    {R"~({{eq .Labels.none "a"}})~", "false", "false"},
    {R"~({{ne .Labels.none "a"}})~", "true", "true"},
    {R"~({{eq .Labels.none .Labels.other}})~", "true", "true"},
    {R"~({{lt 1 2}}{{le 2 2}}{{gt "b" "a"}}{{ge 1 2}})~", "truetruetruefalse", "truetruetruefalse"},
    {R"~({{true}}{{false}})~", "truefalse", "truefalse"},
    {R"~({{(.Name)}})~", "m", "m"},
    {R"~({{((print (len .Name)))}})~", "1", "1"},
    {R"~({{(.Labels).team}})~", "t", "t"},
    {R"~({{"}}"}})~", "}}", "}}"},
    {R"~({{`{{.Name}}`}})~", "{{.Name}}", "{{.Name}}"},
    {R"~({{"a\tb"}})~", "a\tb", "a\tb"},
    {R"~({{ "<" }})~", "<", "&lt;"},
    {R"~({{print .Labels.none}})~", "<nil>", "&lt;nil&gt;"},
    {R"~({{printf "%s|%v" .Labels.none .Labels.none}})~", "%!s(<nil>)|<nil>", "%!s(&lt;nil&gt;)|&lt;nil&gt;"},
    {R"~({{.Name}}}})~", "m}}", "m}}"},
    {R"~({ {x} })~", "{ {x} }", "{ {x} }"},
    {R"~({{with .Labels}}{{with .team}}{{.}}{{end}}{{end}})~", "t", "t"},
    {R"~({{with .Labels.none}}x{{else with .Labels.team}}{{.}}{{end}})~", "t", "t"},
    {R"~({{(index .Labels "team") | printf "%s!"}})~", "t!", "t!"},
    {R"~({{.Labels.team|print}})~", "t", "t"},
    {R"~({{eq (len .Name) 1}})~", "true", "true"},
    {R"~({{printf "%6.3s|" "abcdef"}})~", "   abc|", "   abc|"},
    {R"~({{printf "%06s|" "ab"}})~", "0000ab|", "0000ab|"},
    {R"~({{+5}})~", "5", "5"},
    {R"~({{if not .Labels.none}}ok{{end}})~", "ok", "ok"},
    {R"~({{- if .Labels.team }} x {{- end }})~", " x", " x"},
};

TEST(GoTemplate, WritesWhatGoWrites) {
  for (const Row& row : kRendered) {
    EXPECT_EQ(expanded(row.text, {.strict = false}), row.plain) << row.text;
    EXPECT_EQ(expanded(row.text, {.strict = false, .as_html = true}), row.html) << row.text;
  }
}

/// In Strict, a missing value may be tested, and not written.
TEST(GoTemplate, WritesNoMissingValueInStrict) {
  constexpr std::string_view kDenied[] = {
      "{{.Labels.none}}",           "{{print .Labels.none}}",       "{{printf `%v` .Labels.none}}",
      "{{and .Name .Labels.none}}", "{{$x := .Labels.none}}{{$x}}", "{{or .Labels.none .Labels.none}}"};
  for (const std::string_view text : kDenied)
    EXPECT_THAT(expanded(text, {}), HasSubstr("the service has no \"none\"")) << text;
  constexpr std::string_view kAllowed[] = {"{{if .Labels.none}}{{end}}", "{{with .Labels.none}}{{.}}{{end}}",
                                           "{{or .Labels.none ``}}",     "{{index .Labels `none`}}",
                                           "{{$x := .Labels.none}}",     "{{if eq .Labels.none `a`}}{{end}}"};
  for (const std::string_view text : kAllowed) EXPECT_EQ(expanded(text, {}), "") << text;
}

struct Wrong {
  std::string_view text;
  std::string_view error;
};

constexpr Wrong kWrong[] = {
    {R"~({{ .Name)~", R"~(has "{{" without "}}")~"},
    {R"~(a {{.Name}}{{)~", R"~(has "{{" without "}}")~"},
    {R"~({{end}})~", R"~({{end}} at character 1: {{end}} has no block)~"},
    {R"~(x {{if .Name}}y)~", R"~({{if .Name}} at character 3: has no {{end}})~"},
    {R"~({{else}})~", R"~({{else}} at character 1: {{else}} has no block)~"},
    {R"~({{}})~", R"~({{}} at character 3: needs a value)~"},
    {R"~(é {{.Nmae}})~",
     R"~({{.Nmae}} at character 5: ".Nmae" is not a field; allowed are .Name, .Namespace, .Labels, .Annotations (did you mean .Name?))~"},
    {R"~({{.Name.x}})~", R"~({{.Name.x}} at character 8: .Name has no fields)~"},
    {R"~({{.Labels.team.x}})~", R"~({{.Labels.team.x}} at character 15: .team has no fields)~"},
    {R"~({{.Labels}})~", R"~({{.Labels}} at character 3: needs a key, such as .Labels.team)~"},
    {R"~({{with .Labels}}{{.}}{{end}})~", R"~(at character 19: needs a key)~"},
    {R"~({{.}})~", R"~({{.}} at character 3: needs a field, such as .Name)~"},
    {R"~({{.Labels.a-b}})~",
     R"~({{.Labels.a-b}} at character 12: '-' is not allowed; a key that contains it is written as in {{index .Labels `a-b`}})~"},
    {R"~({{upper .Name}})~",
     R"~({{upper .Name}} at character 3: "upper" is not a function; allowed are and, eq, ge, gt, index, le, len, lt, ne, not, or, print, printf, println, slice)~"},
    {R"~({{inedx .Labels `a`}})~", R"~((did you mean index?))~"},
    {R"~({{Name}})~", R"~((did you mean .Name?))~"},
    {R"~({{.Name "a"}})~", R"~(only a function has arguments)~"},
    {R"~({{"a" "b"}})~", R"~(only a function has arguments)~"},
    {R"~({{.Name | "a"}})~", R"~(expected a function after "|")~"},
    {R"~({{.Name | .Namespace}})~", R"~(expected a function after "|")~"},
    {R"~({{$x}})~", R"~(the variable "$x" is not set)~"},
    {R"~({{if true}}{{$x := 1}}{{end}}{{$x}})~", R"~(the variable "$x" is not set)~"},
    {R"~({{$ = 1}})~", R"~("$" cannot be set)~"},
    {R"~({{index .Labels}})~", R"~("index" has 1 arguments, allowed are 2)~"},
    {R"~({{index .Name "a"}})~", R"~(index needs .Labels or .Annotations)~"},
    {R"~({{index .Labels 1}})~", R"~(index needs the key as a text)~"},
    {R"~({{not}})~", R"~("not" has 0 arguments, allowed are 1)~"},
    {R"~({{eq .Name}})~", R"~("eq" has 1 arguments, allowed are 2 or more)~"},
    {R"~({{eq len .Name}})~", R"~("len" has 0 arguments)~"},
    {R"~({{eq 1 "1"}})~", R"~(values of these types cannot be compared)~"},
    {R"~({{lt "a" 1}})~", R"~(values of these types have no order)~"},
    {R"~({{slice .Name 5}})~", R"~(slice is out of range: the text has 1 bytes)~"},
    {R"~({{len 3}})~", R"~(len needs a text)~"},
    {R"~({{printf "%d" "a"}})~", R"~(printf: %d needs an integer)~"},
    {R"~({{printf "%s"}})~", R"~(printf: the format has more verbs than values)~"},
    {R"~({{printf "%s" "a" "b"}})~", R"~(printf: the format has fewer verbs than values)~"},
    {R"~({{printf "%z" 1}})~", R"~(printf: a verb is not supported)~"},
    {R"~({{printf "%9999d" 1}})~", R"~(printf: a verb is not complete, or wider than 1024)~"},
    {R"~({{1.5}})~", R"~(1.5 is not supported; allowed are integers)~"},
    {R"~({{"a}})~", R"~(a text has no closing quote)~"},
    {R"~({{`a}})~", R"~(a text has no closing backquote)~"},
    {R"~({{"\q"}})~", R"~(an escape is not supported)~"},
    {R"~({{(.Name}})~", R"~(a parenthesis is not closed)~"},
    {R"~({{.Name)}})~", R"~(expected "}}")~"},
    {R"~({{range .Labels}}{{.}}{{end}})~", R"~({{range .Labels}} at character 3: "range" is not supported)~"},
    {R"~({{template "x"}})~", R"~("template" is not supported)~"},
    {R"~({{nil}})~", R"~("nil" is not supported)~"},
    {R"~({{with .Name}}{{.Name}}{{end}})~", R"~(a text has no fields)~"},
    {R"~({{with or .Labels.a .Name}}{{.Name}}{{end}})~", R"~(.Name is not a field of this value)~"},
    {R"~({{if true}}{{else}}{{else}}{{end}})~", R"~(has no {{end}})~"},
    {R"~({{/* a */ .Name}})~", R"~(a comment must end with "*/}}")~"},
    {R"~({{.Name @}})~", R"~(this character is not allowed)~"},
};

TEST(GoTemplate, NamesWhatIsWrong) {
  for (const Wrong& row : kWrong) {
    const std::string out = expanded(row.text, {.strict = false});
    EXPECT_THAT(out, HasSubstr("error: ")) << row.text;
    EXPECT_THAT(out, HasSubstr(std::string(row.error))) << row.text;
  }
}

TEST(GoTemplate, InJsonHasNoDoubleQuotes) {
  EXPECT_FALSE(GoTemplate::parse(R"({{index .Labels "a"}})", {.fields = kFields, .in_json = true}));
  EXPECT_TRUE(GoTemplate::parse("{{index .Labels `a`}}", {.fields = kFields, .in_json = true}));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(GoTemplate, HasABudget) {
  EXPECT_EQ(expanded("{{.Name}}{{.Namespace}}", {}, 3), "mns");
  EXPECT_THAT(expanded("{{.Name}}{{.Namespace}}", {}, 2), HasSubstr("at most 1048576 bytes"));
  // Each of these produces or compares more than it is long.
  const std::string long_text(10'000, 'x');
  const TemplateMap annotations = {{"a", long_text}, {"b", long_text}};
  const TemplateData large = {{"Annotations", TemplateValue::of(annotations)}};
  constexpr TemplateField kOnly[] = {{"Annotations", true}};
  for (const std::string_view text :
       {"{{.Annotations.a}}", "{{if eq .Annotations.a .Annotations.b}}{{end}}",
        "{{if lt .Annotations.a .Annotations.b}}{{end}}", "{{$x := print .Annotations.a}}",
        "{{$x := printf `%s` .Annotations.a}}", "{{$x := printf `%1000d%1000d%1000d%1000d` 1 2 3 4}}"}) {
    const std::string many = repeated(text, 300);
    for (const bool html : {false, true}) {
      std::size_t budget = kMaxExpandedBytes;
      const auto parsed = GoTemplate::parse(many, {.fields = kOnly});
      ASSERT_TRUE(parsed) << text << (parsed ? "" : parsed.error());
      const auto out = parsed->expand(large, {.as_html = html}, budget);
      ASSERT_FALSE(out) << text;
      EXPECT_THAT(out.error(), HasSubstr("at most 1048576 bytes")) << text;
    }
  }
}

TEST(GoTemplate, LimitsDepthAndTokens) {
  const auto nested = [](std::size_t levels) {
    return repeated("{{if .Name}}", levels) + repeated("{{end}}", levels);
  };
  EXPECT_EQ(expanded(nested(kMaxTemplateDepth - 1), {}), "");
  EXPECT_THAT(expanded(nested(kMaxTemplateDepth + 1), {}), HasSubstr("32 levels"));
  EXPECT_THAT(expanded("{{" + std::string(100'000, '('), {}), HasSubstr("32 levels"));
  EXPECT_THAT(expanded("{{.Name" + repeated("|print", 100) + "}}", {}), HasSubstr("32 levels"));
  EXPECT_THAT(expanded("{{.Labels" + repeated(".a", 100) + "}}", {}), HasSubstr("no fields"));
  EXPECT_THAT(expanded("{{if true}}" + repeated("{{else if true}}", 100) + "{{end}}", {}),
              HasSubstr("32 levels"));
  EXPECT_THAT(expanded("{{print" + repeated(" 1", kMaxTemplateTokens) + "}}", {}), HasSubstr("4096 parts"));
}

}  // namespace
}  // namespace modelgate::spec
