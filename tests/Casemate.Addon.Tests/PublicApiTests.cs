using Casemate.Testing;

namespace Casemate.Addon.Tests;

/// <summary>The public surface of the library is a promise: it changes only on purpose.</summary>
public sealed class PublicApiTests
{
    /// <summary>After a deliberate change: run with CASEMATE_ACCEPT_API=1 and commit tests/api.</summary>
    [Fact]
    public void ThePublicSurface_IsTheAcceptedOne()
    {
        var (accepted, actual) = PublicApi.Compare(System.Reflection.Assembly.Load("Casemate.Addon"));
        Assert.Equal(accepted, actual);
    }
}
