using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The published program, for tests of what only it has. The build machine publishes it and then runs them with its path.</summary>
internal static class PublishedProgram
{
    private const string Variable = "CASEMATE_TEST_PROGRAM";

    /// <summary>Its absolute path; one that is relative is in the checkout. The test is skipped without one.</summary>
    public static string PathOrSkip()
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(path), $"no published program: eng/publish, then {Variable}=artifacts/publish/casemate");
        return Path.GetFullPath(path, RepositoryPaths.Root);
    }
}
