using Casemate.Testing;

namespace Casemate.Rego.Tests;

public sealed class PublicApiTests
{
    /// <summary>After a deliberate change: run with CASEMATE_ACCEPT_API=1 and commit tests/api.</summary>
    [Fact]
    public void PublicSurface_IsTheAcceptedOne()
    {
        var (accepted, actual) = PublicApi.Compare(typeof(RegoCompiler).Assembly);

        Assert.Equal(accepted, actual);
    }
}
