namespace Casemate.Rego.Tests;

public sealed class AnnotationTests
{
    private const string Module = """
        # METADATA
        # title: The shop
        # scope: subpackages
        # organizations: [Casemate]

        # METADATA
        # description: Who may buy.
        package shop.door

        # METADATA
        # title: Doors
        # scope: document
        # authors:
        # - Ada <ada@example.com>
        # - name: Bo
        # related_resources:
        # - https://example.com/a
        # - {ref: https://example.com/b, description: more}
        # schemas:
        # - input.age: schema.age
        # custom: {level: 3}
        # other: passed over

        # An ordinary comment.
        # METADATA
        # entrypoint: false
        # title: "Open, today"
        open := rego.metadata.rule() if input.day == "today"

        open := rego.metadata.chain() if input.day == "other" else := rego.metadata.rule().title if input.day == "none"

        text := `
        # METADATA
        # no: annotation
        `

        # METADATA
        # entrypoint: true
        entry := 1
        """;

    [Fact]
    public void AreReadWithTheirScopesAndPaths()
    {
        var annotations = Policy.Compile(Module).Annotations;

        Assert.Equal(
            [
                (RegoAnnotationScope.Subpackages, "data.shop.door", 1), (RegoAnnotationScope.Package, "data.shop.door", 6),
                (RegoAnnotationScope.Document, "data.shop.door.open", 10), (RegoAnnotationScope.Rule, "data.shop.door.open", 25),
                (RegoAnnotationScope.Document, "data.shop.door.entry", 37),
            ],
            annotations.Select(each => (each.Scope, each.Path, each.Location.Line)));
        Assert.Equal(("The shop", null), (annotations[0].Title, annotations[0].Description));
        Assert.Equal("Who may buy.", annotations[1].Description);
        Assert.Equal(
            """
            {"authors":[{"email":"ada@example.com","name":"Ada"},{"name":"Bo"}],"custom":{"level":3},
            "related_resources":[{"ref":"https://example.com/a"},{"description":"more","ref":"https://example.com/b"}],
            "schemas":[{"path":["input","age"],"schema":["schema","age"]}],"scope":"document","title":"Doors"}
            """.ReplaceLineEndings(""), annotations[2].Document.ToJson());
        Assert.Equal("""{"scope":"rule","title":"Open, today"}""", annotations[3].Document.ToJson());
        Assert.Equal("""{"entrypoint":true,"scope":"document"}""", annotations[4].Document.ToJson());
    }

    [Fact]
    public void AreSeenByThePolicyItself()
    {
        var open = Policy.Compile(Module).Prepare("data.shop.door.open");

        Assert.Equal("""{"scope":"rule","title":"Open, today"}""", open.EvaluateJson("""{"day": "today"}"""u8.ToArray()).Value!.ToJson());
        var chain = (RegoArray)open.EvaluateJson("""{"day": "other"}"""u8.ToArray()).Value!;
        Assert.Equal(
            ["", "Doors", "", "The shop"],
            chain.Select(entry => ((entry.Lookup(RegoValue.From("annotations"))?.Lookup(RegoValue.From("title")) as RegoString)?.Value) ?? ""));
        Assert.Equal("""{"path":["shop","door","open"]}""", chain[0].ToJson());
        Assert.False(open.EvaluateJson("""{"day": "none"}"""u8.ToArray()).IsDefined);
    }

    [Theory]
    [InlineData("# METADATA\n# title: [\npackage a", "not an object in YAML")]
    [InlineData("# METADATA\n# just text\npackage a", "not an object in YAML")]
    [InlineData("# METADATA\n# title: 1\npackage a", "'title' is number")]
    [InlineData("# METADATA\n# scope: rule\npackage a", "must be applied to rule (have package)")]
    [InlineData("# METADATA\n# scope: planet\npackage a", "scope is one of")]
    [InlineData("package a\n# METADATA\n# scope: package\np := 1", "must be applied to package (have rule)")]
    [InlineData("package a\n# METADATA\n# title: x\nimport data.b", "cannot stand above an import")]
    [InlineData("package a\n# METADATA\n# title: x", "no statement follows")]
    [InlineData("package a\np := rego.metadata.rule(1)", "must only be called within the scope of a rule")]
    public void AreRefused_WhenTheyCannotBeMeant(string module, string message) =>
        Assert.Contains(message, Assert.Single(Policy.Errors(module)).Message);

    [Fact]
    public void AreNotAskedForOutsideOfRules()
    {
        Assert.Null(Policy.Compile("package a").TryPrepare("rego.metadata.chain()", out var error));

        Assert.Equal(RegoErrorCode.TypeError, error!.Code);
    }
}
