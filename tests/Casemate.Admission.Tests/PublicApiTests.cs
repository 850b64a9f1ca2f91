using Casemate.Testing;

namespace Casemate.Admission.Tests;

public sealed class PublicApiTests
{
    /// <summary>After a deliberate change: run with CASEMATE_ACCEPT_API=1 and commit tests/api.</summary>
    [Fact]
    public void PublicSurface_IsTheAcceptedOne()
    {
        var (accepted, actual) = PublicApi.Compare(typeof(PodAdmission).Assembly);

        Assert.Equal(accepted, actual);
    }
}
