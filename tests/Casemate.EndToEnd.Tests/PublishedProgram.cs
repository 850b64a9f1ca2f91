using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The published program, for tests of what only it has. The build machine publishes it and then runs them.</summary>
internal static class PublishedProgram
{
    /// <summary>Its absolute path; the test is skipped without one.</summary>
    public static string PathOrSkip()
    {
        var path = ChildProgram.Published;
        Assert.SkipWhen(path is null, "no published program: eng/publish, then CASEMATE_TEST_PROGRAM=artifacts/publish/casemate");
        return path;
    }
}
