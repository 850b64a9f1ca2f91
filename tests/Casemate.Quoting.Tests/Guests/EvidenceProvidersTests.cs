using Casemate.Attestation;
using Casemate.Quoting.Tsm;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Guests;

/// <summary>What a machine is said to have evidence of, and why not of the rest.</summary>
public sealed class EvidenceProvidersTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void OrdinaryMachine_HasNone_AndEachReasonNamesAPlaceAndARemedy()
    {
        var detected = EvidenceProviders.Detect(Roots());

        Assert.Null(detected.Guest);
        Assert.Equal([Tee.Tdx, Tee.Snp, Tee.Sgx], detected.Findings.Select(finding => finding.Tee));
        Assert.All(detected.Findings, finding => Assert.False(finding.Available));
        Assert.Contains("configfs is not mounted", detected.Findings[0].Text, StringComparison.Ordinal);
        Assert.Contains("module tdx-guest", detected.Findings[0].Text, StringComparison.Ordinal);
        Assert.Contains("module sev-guest", detected.Findings[1].Text, StringComparison.Ordinal);
        Assert.Contains("turn SGX on", detected.Findings[2].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tdx_guest", Tee.Tdx, "This is a guest of the kind TDX.")]
    [InlineData("sev-guest", Tee.Snp, "This is a guest of the kind SNP.")]
    public void GuestDevice_IsUsed_WhereThereIsNoConfigfs(string device, Tee tee, string expectedOfTheOther)
    {
        File.WriteAllBytes(_directory.File(device), []);

        var detected = EvidenceProviders.Detect(Roots());

        Assert.Equal(tee, detected.Guest?.Tee);
        var finding = Assert.Single(detected.Findings, finding => finding.Available);
        Assert.Equal(tee, finding.Tee);
        Assert.Contains(device, finding.Text, StringComparison.Ordinal);
        Assert.Equal(expectedOfTheOther, detected.Findings.First(other => other.Tee != tee && other.Tee != Tee.Sgx).Text);
    }

    [Fact]
    public void SgxMachine_IsToldWhoQuotes()
    {
        File.WriteAllBytes(_directory.File("sgx_enclave"), []);
        var alone = EvidenceProviders.Detect(Roots()).Findings[2];
        File.WriteAllBytes(_directory.File("aesm.socket"), []);
        var served = EvidenceProviders.Detect(Roots()).Findings[2];

        Assert.Equal((false, true), (alone.Available, served.Available));
        Assert.Contains("Run 'casemate quote-helper'", alone.Text, StringComparison.Ordinal);
        Assert.Contains($"an enclave of this program, quoted at {_directory.File("aesm.socket")}", served.Text, StringComparison.Ordinal);
    }

    private EvidenceRoots Roots() => new()
    {
        Tsm = new TsmReportOptions { Root = _directory.File("tsm/report") },
        SnpDevice = _directory.File("sev-guest"),
        TdxDevice = _directory.File("tdx_guest"),
        SgxDevice = _directory.File("sgx_enclave"),
        AesmSocket = _directory.File("aesm.socket"),
    };
}
