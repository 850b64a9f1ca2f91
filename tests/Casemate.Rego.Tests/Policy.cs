using System.Text;

namespace Casemate.Rego.Tests;

/// <summary>Short words for tests that compile a policy and ask it something.</summary>
internal static class Policy
{
    public static CompiledPolicy Compile(string module, RegoVersion version = RegoVersion.V1)
    {
        var compilation = RegoCompiler.Compile("test.rego", module, new RegoCompileOptions { Version = version });
        Assert.True(compilation.Succeeded, string.Join("\n", compilation.Errors));
        return compilation.Policy;
    }

    public static IReadOnlyList<RegoError> Errors(string module, RegoVersion version = RegoVersion.V1) =>
        RegoCompiler.Compile("test.rego", module, new RegoCompileOptions { Version = version }).Errors;

    public static RegoResult Ask(
        string module, string query, string? input = null, string? data = null, RegoEvaluation? options = null,
        RegoVersion version = RegoVersion.V1) =>
        Compile(module, version).Prepare(query).EvaluateJson(Utf8(input), Utf8(data), options);

    /// <summary>The value of a rule <c>data.test.p</c> as a term; "undefined"; or the error's name.</summary>
    public static string P(string rules, string? input = null, string? data = null, RegoVersion version = RegoVersion.V1,
        RegoEvaluation? options = null)
    {
        var result = Ask("package test\n" + rules, "data.test.p", input, data, options, version);
        return result.Error is { } error ? error.Code.ToText() : result.Value?.ToString() ?? "undefined";
    }

    private static ReadOnlyMemory<byte> Utf8(string? text) => text is null ? default : Encoding.UTF8.GetBytes(text);
}
