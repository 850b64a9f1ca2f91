using Casemate.Testing;

namespace Casemate.Node.Tests;

public sealed class PublicApiTests
{
    /// <summary>After a deliberate change: run with CASEMATE_ACCEPT_API=1 and commit tests/api.</summary>
    [Fact]
    public void PublicSurface_IsTheAcceptedOne()
    {
        var (accepted, actual) = PublicApi.Compare(typeof(NodeAgent).Assembly);

        Assert.Equal(accepted, actual);
    }
}
