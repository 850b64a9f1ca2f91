using System.Text.RegularExpressions;
using Casemate.Rego.Conformance;
using Casemate.Rego.Syntax;
using Casemate.Rego.Tests.Agent;
using Casemate.Rego.Tests.Reference;
using Casemate.Testing;

namespace Casemate.Rego.Tests;

public sealed partial class FormatterTests
{
    private static readonly string Published = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "rego", "opa");
    private static readonly string Ours = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Rego.Tests", "Conformance", "cases");

    [Fact]
    public void LaysOutAModule()
    {
        const string Text = """


            # What the shop sells.


            package   shop   # the package
            import data.prices as p
            import data.limits
            default  allow:=false
            allow  if{
              input.role=="keeper"   # who
                  # a comment of its own

              every  item in input.items{item.price< 10 ; item.n>-1}
              x:=[y|y:=p[_]; y-1>0]
              total := sum(x)+
              limits.more   with input.a as{"b":1}
                  with data.c as [ -1,2 , ]
              not f( x )[ 0 ]


            }
            else := "maybe"   if {
               count({1,2}|{3})>2
            }
            f(x) := {
                "a":x, # first
                "b":[
                1,
                ]}
            q contains   x if some x in input.xs


            # the end
            """;

        Assert.Equal(
            """
            # What the shop sells.

            package shop # the package

            import data.prices as p
            import data.limits

            default allow := false

            allow if {
            	input.role == "keeper" # who
            	# a comment of its own

            	every item in input.items { item.price < 10; item.n > -1 }
            	x := [y | y := p[_]; y - 1 > 0]
            	total := sum(x) +
            		limits.more with input.a as {"b": 1}
            		with data.c as [-1, 2,]
            	not f(x)[0]
            }
            else := "maybe" if {
            	count({1, 2} | {3}) > 2
            }

            f(x) := {
            	"a": x, # first
            	"b": [
            		1,
            	]}

            q contains x if some x in input.xs

            # the end

            """, Format(Text));
    }

    [Fact]
    public void LaysOutTheOlderDialect_AndEndsLinesInOneWay()
    {
        Assert.Equal(
            "package a\n\np {\n\tinput.x\n} {\n\tinput.y\n}\n\nq[x] { x := input.z[_] }\n\nX = `r\nr`\n",
            Format("package a\r\np{\r\ninput.x\r\n}{\r\ninput.y\r\n}\r\nq[x]{x:=input.z[_]}\r\nX=`r\r\nr`\r\n", RegoVersion.V0));
    }

    [Theory]
    [InlineData("package a\np if every x in [1] { x > 0 }\nq if {\n every x in [1] { x > 0 }\n -1 < 2\n}")]
    [InlineData("package a\nimport future.keywords\np contains -1\nq := [1 |\n true]\nr := -1 - -2\ns if not -1 in [ 1 ]")]
    [InlineData("package a\np := $\"a {1+ 2} b\"\nq := {x|x=1}|{y| y=2}\nr[\"a\"].b := set ( ) if false")]
    public void KeepsTheMeaning_WhereSpacesCount(string text)
    {
        if (RegoFormatter.TryFormat(new RegoSource("a.rego", text), out _, out _))
        {
            Same(text, RegoVersion.V1);
        }
        else
        {
            Assert.Contains("set (", text);
        }
    }

    [Fact]
    public void RefusesWhatIsNoModule()
    {
        Assert.False(RegoFormatter.TryFormat(new RegoSource("a.rego", "package a\np if {"), out var text, out var error));

        Assert.Null(text);
        Assert.Equal((RegoErrorCode.ParseError, 2), (error.Code, error.Location!.Value.Line));
    }

    /// <summary>Each module of the cases means the same after it was laid out, has the same comments, and is laid out once and for all.</summary>
    [Fact]
    public void EveryPublishedModule_MeansTheSameAfterwards()
    {
        var compared = 0;
        foreach (var file in Directory.EnumerateFiles(Published, "*.yaml", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Ours, "*.yaml")))
        {
            Assert.True(RegoConformanceCase.TryRead(File.ReadAllText(file), out var cases, out _));
            var version = file.Contains("v0", StringComparison.Ordinal) ? RegoVersion.V0 : RegoVersion.V1;
            foreach (var module in cases.SelectMany(each => each.Modules))
            {
                if (RegoFormatter.TryFormat(new RegoSource("a.rego", module), out _, out _, new RegoCompileOptions { Version = version }))
                {
                    Same(module, version);
                    compared++;
                }
            }
        }

        Assert.True(compared > 500, $"only {compared} modules");
    }

    [Fact]
    public void AgentPolicies_MeanTheSameAfterwards()
    {
        Same(AgentPolicy.Text(), RegoVersion.V0);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "src"), "*.rego", SearchOption.AllDirectories))
        {
            // Parts of a policy have no package of their own.
            var text = File.ReadAllText(file);
            Same(text.Contains("\npackage ", StringComparison.Ordinal) ? text : $"package a\nimport future.keywords\n\n{text}", RegoVersion.V0);
        }
    }

    [Fact]
    public void RandomPolicies_MeanTheSameAfterwards_HoweverTheyWereSpaced()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var text = new RandomPolicy(seed).Text(seed % 4);
            var random = new Random(seed);
            Same(text, RegoVersion.V1);
            Same(SpaceRuns().Replace(text, _ => new string(' ', random.Next(1, 4))), RegoVersion.V1);
        }
    }

    private static void Same(string text, RegoVersion version)
    {
        var once = Format(text, version);

        Assert.Equal(Tree(text, version), Tree(once, version));
        Assert.Equal(Comments(text), Comments(once));
        Assert.Equal(once, Format(once, version));
    }

    private static string Tree(string text, RegoVersion version) => SyntaxTree.Of(Parser.ReadModule("a.rego", text, version)).ToString();

    private static string Format(string text, RegoVersion version = RegoVersion.V1)
    {
        Assert.True(
            RegoFormatter.TryFormat(new RegoSource("a.rego", text), out var formatted, out var error, new RegoCompileOptions { Version = version }),
            error?.ToString());
        return formatted;
    }

    private static List<string> Comments(string text)
    {
        var tokens = Lexer.Read("a.rego", text);
        return [.. tokens.SelectMany((token, i) => text[(i == 0 ? 0 : tokens[i - 1].End)..token.Start].Split('\n'))
            .Select(line => line.Trim()).Where(line => line.Length > 0)];
    }

    [GeneratedRegex("(?<=\\S) (?=\\S)")]
    private static partial Regex SpaceRuns();
}
