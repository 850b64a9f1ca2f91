namespace Casemate.Rego.Tests;

/// <summary>JSON Schema: drafts 4 to 7, within the schema only.</summary>
public sealed class SchemaBuiltinTests
{
    [Theory]
    [InlineData("{\"type\": \"integer\"}", "3", "")]
    [InlineData("{\"type\": \"integer\"}", "3.5", "invalid_type")]
    [InlineData("{\"type\": [\"string\", \"null\"]}", "null", "")]
    [InlineData("{\"type\": \"number\"}", "3", "")]
    [InlineData("{\"required\": [\"a\"]}", "{\"b\": 1}", "required")]
    [InlineData("{\"properties\": {\"a\": {\"minimum\": 3}}}", "{\"a\": 2}", "number_gte")]
    [InlineData("{\"minimum\": 3, \"exclusiveMinimum\": true}", "3", "number_gt")]
    [InlineData("{\"exclusiveMaximum\": 3}", "3", "number_lt")]
    [InlineData("{\"multipleOf\": 0.01}", "19.99", "")]
    [InlineData("{\"multipleOf\": 0.02}", "19.99", "multiple_of")]
    [InlineData("{\"additionalProperties\": false, \"patternProperties\": {\"^x\": true}}", "{\"x1\": 1, \"y\": 2}", "additional_property_not_allowed")]
    [InlineData("{\"propertyNames\": {\"maxLength\": 1}}", "{\"xx\": 1}", "invalid_property_name")]
    [InlineData("{\"dependencies\": {\"a\": [\"b\"]}}", "{\"a\": 1}", "missing_dependency")]
    [InlineData("{\"pattern\": \"^a+$\"}", "`\"b\"`", "pattern")]
    [InlineData("{\"maxLength\": 1}", "`\"𝄞\"`", "")]
    [InlineData("{\"format\": \"ipv4\"}", "`\"1.2.3\"`", "format")]
    [InlineData("{\"format\": \"date-time\"}", "`\"2026-01-01T00:00:00Z\"`", "")]
    [InlineData("{\"items\": [{\"type\": \"string\"}], \"additionalItems\": false}", "[\"a\", 1]", "array_no_additional_items")]
    [InlineData("{\"items\": {\"type\": \"string\"}}", "[1]", "invalid_type")]
    [InlineData("{\"uniqueItems\": true}", "[1, 1.0]", "unique")]
    [InlineData("{\"contains\": {\"const\": 2}}", "[1]", "contains")]
    [InlineData("{\"minItems\": 2}", "[1]", "array_min_items")]
    [InlineData("{\"anyOf\": [{\"type\": \"string\"}, {\"minimum\": 5}]}", "3", "number_any_of")]
    [InlineData("{\"oneOf\": [{\"minimum\": 1}, {\"minimum\": 2}]}", "3", "number_one_of")]
    [InlineData("{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "3", "number_lte number_all_of")]
    [InlineData("{\"not\": {\"type\": \"number\"}}", "3", "number_not")]
    [InlineData("{\"if\": {\"minimum\": 3}, \"then\": {\"maximum\": 4}}", "5", "condition_then")]
    [InlineData("{\"if\": {\"minimum\": 3}, \"else\": {\"maximum\": 1}}", "2", "condition_else")]
    [InlineData("{\"enum\": [1, \"a\"]}", "2", "enum")]
    [InlineData("{\"definitions\": {\"n\": {\"type\": \"string\"}}, \"properties\": {\"a\": {\"$ref\": \"#/definitions/n\"}}}", "{\"a\": 1}", "invalid_type")]
    [InlineData("{\"items\": {\"$ref\": \"#\"}, \"type\": \"array\"}", "[[], [[1]]]", "invalid_type")]
    public void Document_IsHeldAgainstASchema(string schema, string document, string errors)
    {
        var types = Policy.P($"p := [r[0], concat(\" \", [e.type | e := r[1][_]])] if {{ r := json.match_schema({document}, {schema}) }}");

        Assert.Equal($"[{(errors.Length == 0 ? "true" : "false")}, \"{errors}\"]", types);
        Assert.Equal("[true, null]", Policy.P($"p := json.verify_schema(`{schema}`)"));
    }

    [Theory]
    [InlineData("{\"$ref\": \"https://example.org/schema\"}", "leads out of the schema")]
    [InlineData("{\"$ref\": \"#/nothing\"}", "nowhere")]
    [InlineData("{\"pattern\": \"(?=a)\"}", "valid regex")]
    [InlineData("{\"minLength\": -1}", "greater than or equal to 0")]
    [InlineData("{\"required\": [1]}", "must be string")]
    [InlineData("{\"properties\": {\"a\": 3}}", "valid schema")]
    [InlineData("{\"anyOf\": []}", "array")]
    [InlineData("{", "")]
    public void Schema_ThatIsNone_IsRefused_WithAWord(string schema, string word)
    {
        Assert.Contains(word, Policy.P($"p := json.verify_schema(`{schema}`)[1]"));
        Assert.Equal("false", Policy.P($"p := json.verify_schema(`{schema}`)[0]"));
        Assert.Equal("undefined", Policy.P($"p := json.match_schema(1, `{schema}`)"));
    }

    [Fact]
    public void Schema_ThatRefersToItself_Ends() =>
        Assert.Equal("undefined", Policy.P("p := json.match_schema(1, {\"$ref\": \"#\"})"));

    [Fact]
    public void Schema_WithBranchesThatReferToThemselves_EndsAtTheLimit() => Assert.Contains(
        Policy.P(
            "p := json.match_schema(1, {\"anyOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]})",
            options: new RegoEvaluation { Limits = RegoLimits.Default with { Steps = 100_000 } }),
        (string[])["limit_steps", "undefined"]);
}
