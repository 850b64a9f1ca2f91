using Casemate.Testing;

namespace Casemate.Cli.Tests.Output;

/// <summary>What the program writes is UTF-8, as JSON and YAML have to be.</summary>
public sealed class EncodingTests
{
    [Fact]
    public async Task Output_IsUtf8_WhateverTheEnvironmentSaysOfTheLanguage()
    {
        var run = await ChildProgram.RunAsync(
            ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "node", "describe", "--simulate", "/nowhere/M\u00fcller"],
            environment: new Dictionary<string, string?> { ["LC_ALL"] = "de_DE.ISO-8859-1", ["LANG"] = "de_DE.ISO-8859-1" });

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("/nowhere/M\u00fcller", run.Error, StringComparison.Ordinal);
    }
}
