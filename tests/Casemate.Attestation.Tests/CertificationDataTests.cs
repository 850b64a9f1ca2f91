using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Simulator;

namespace Casemate.Attestation.Tests;

/// <summary>Quotes that do not carry the PCK chain: what they ask a source for, and what becomes of each answer.</summary>
public sealed class CertificationDataTests
{
    private static readonly SimulatedEnclave s_enclave = new() { MrEnclave = new byte[32] };

    [Theory]
    [InlineData(1, 16, 0)]
    [InlineData(2, 0, 256)]
    [InlineData(3, 0, 384)]
    public void Asks_ForThePckCertificateByPlatformAndTcb(int type, int ppid, int encryptedPpid)
    {
        var dcap = Of(type);
        var machine = dcap.Scenario.Machine;
        foreach (var quote in QuotesOf(dcap))
        {
            var query = DcapCollateralQuery.TryCreate(quote)!;

            Assert.Equal((CertificationDataType)type, query.CertificationDataType);
            Assert.Equal("", query.Fmspc);
            var wanted = query.PckCertificate!;
            Assert.Equal(quote[28..44], wanted.QeId.ToArray());
            Assert.Equal(machine.ComponentSvns, wanted.CpuSvn.ToArray());
            Assert.Equal(machine.PceSvn, wanted.PceSvn);
            Assert.Equal(machine.PceId, wanted.PceId.ToArray());
            Assert.Equal(ppid, wanted.Ppid.Length);
            Assert.Equal(encryptedPpid, wanted.EncryptedPpid.Length);
            Assert.True(wanted.IsAnsweredBy(dcap.PckDer));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Asks_ForNoPckCertificate_WhenTheQuoteCarriesIt(int type)
    {
        var query = DcapCollateralQuery.TryCreate(QuotesOf(Of(type))[0])!;

        Assert.Null(query.PckCertificate);
        Assert.Equal("990077000000", query.Fmspc);
        Assert.True(query.PlatformCa);
        Assert.Equal((CertificationDataType)type, query.CertificationDataType);
    }

    [Fact]
    public void EqualQueries_AskTheSame()
    {
        var dcap = Of(2);
        var (one, two) = (Query(dcap), Query(dcap));

        Assert.Equal(one, two);
        Assert.Equal(one.GetHashCode(), two.GetHashCode());
        Assert.NotEqual(one, one with { PceSvn = 1 });
        Assert.NotEqual(one, one with { QeId = new byte[16] });
        Assert.NotEqual(one, one with { CpuSvn = new byte[16] });
        Assert.NotEqual(one, one with { PceId = new byte[] { 1, 0 } });
        Assert.NotEqual(one, one with { Ppid = new byte[16] });
        Assert.NotEqual(one, one with { EncryptedPpid = new byte[256] });
    }

    [Fact]
    public void IsAnsweredBy_NoOtherCertificate()
    {
        // The same TCB on another machine: only the signature over the QE report tells the two apart.
        var dcap = Of(3);
        var another = dcap.With(s => s with { Machine = s.Machine with { Ppid = new byte[16] } });
        Assert.True(Certificate.TryParse(another.PckDer, out var certificate, out _));

        Assert.True(Query(dcap).Agrees(certificate!));
        Assert.False(Query(dcap).IsAnsweredBy(another.PckDer));
        Assert.False(Query(dcap).IsAnsweredBy(dcap.PckCaDer));
        Assert.False(Query(dcap).IsAnsweredBy([]));
        Assert.False(Query(Of(1)).IsAnsweredBy(another.PckDer));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Accepts_EveryType_WithTheAnswerOfTheService(int type)
    {
        var dcap = Of(type);
        foreach (var quote in QuotesOf(dcap))
        {
            // A service that knows the machine only by its default, self-contained quotes answers all the same.
            var collateral = Simulated.Dcap.Collateral(DcapCollateralQuery.TryCreate(quote)!, Simulated.Noon)!;
            var verdict = Verify(quote, collateral);

            Assert.Empty(verdict.Reasons);
            Assert.Equal(type <= 3, verdict.Checks.Any(c => c.Id is CheckId.CertificationData));
            Assert.Equal(type != 5, collateral.PckCertificateChainPem is not null);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Refuses_WithoutThePckChain(int type)
    {
        var dcap = Of(type);
        var collateral = dcap.Collateral(Tee.Sgx, Simulated.Noon) with { PckCertificateChainPem = null };
        var verdict = Verify(QuotesOf(dcap)[0], collateral);

        Assert.Equal(
            $"the quote carries no certificate chain (certification data type {type}) and the collateral none either",
            Assert.Single(verdict.Reasons, c => c.Id is CheckId.PckChain).Actual);
        Assert.Null(verdict.Claims);
    }

    [Theory]
    [InlineData(1, "another PPID")]
    [InlineData(2, "PCESVN 13")]
    [InlineData(3, "CPUSVN 08080303040100060000000000000000")]
    public void Refuses_ThePckCertificateOfAnotherMachineOrTcb(int type, string actual)
    {
        var dcap = Of(type);
        var other = dcap.With(s => s with
        {
            Machine = type switch
            {
                1 => s.Machine with { Ppid = new byte[16] },
                2 => s.Machine with { PceSvn = 12 },
                _ => s.Machine with { CpuSvn = new byte[16] },
            },
        });

        var verdict = Verify(QuotesOf(dcap)[0], other.Collateral(Tee.Sgx, Simulated.Noon));

        Assert.Equal(actual, Assert.Single(verdict.Reasons, c => c.Id is CheckId.CertificationData).Actual);
        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.QeReportSignature);
        Assert.Null(verdict.Claims);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Refuses_AnotherMachineOfTheSameTcb_ByTheQeReport(int type)
    {
        var dcap = Of(type);
        var other = dcap.With(s => s with { Machine = s.Machine with { Ppid = new byte[16] } });

        var verdict = Verify(QuotesOf(dcap)[0], other.Collateral(Tee.Sgx, Simulated.Noon));

        Assert.Equal(CheckId.QeReportSignature, Assert.Single(verdict.Reasons).Id);
    }

    [Fact]
    public void AServiceOfAnotherMachine_HasNoAnswer()
    {
        var other = Simulated.Dcap.With(s => s with { Machine = s.Machine with { PceSvn = 12 } });

        Assert.Null(other.Collateral(DcapCollateralQuery.TryCreate(QuotesOf(Of(2))[0])!, Simulated.Noon));
    }

    [Fact]
    public void GivesTheSameVerdict_WithCache_ForEveryType()
    {
        var cache = new VerificationCache();
        for (var round = 0; round < 2; round++)
        {
            for (var type = 1; type <= 5; type++)
            {
                var dcap = Of(type);
                var (quote, collateral) = (QuotesOf(dcap)[0], dcap.Collateral(Tee.Sgx, Simulated.Noon));
                Assert.Equal<Check>(Verify(quote, collateral).Checks, Verify(quote, collateral, cache).Checks);
            }
        }
    }

    private static SimulatedDcap Of(int type) => Simulated.Dcap.With(s => s with { CertificationDataType = type });

    private static PckCertificateQuery Query(SimulatedDcap dcap) => DcapCollateralQuery.TryCreate(QuotesOf(dcap)[0])!.PckCertificate!;

    private static byte[][] QuotesOf(SimulatedDcap dcap) =>
    [
        dcap.QuoteSgx(s_enclave, new byte[64], 3), dcap.QuoteSgx(s_enclave, new byte[64], 4), dcap.QuoteTdx(Simulated.Td, new byte[64], 4),
        dcap.QuoteTdx(Simulated.Td, new byte[64], 5),
    ];

    private static Verdict Verify(byte[] quote, DcapCollateral collateral, VerificationCache? cache = null) =>
        QuoteVerifier.Verify(quote, collateral, Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly, cache);
}
