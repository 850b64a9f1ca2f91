using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Tests.Store;

public sealed class CollateralKeyTests
{
    private static readonly string Chip = new('a', 128);

    public static TheoryData<string> Texts =>
    [
        "tcb-info/sgx-00606a000000-standard",
        "tcb-info/tdx-00606a000000-early",
        "tcb-info/sgx-00606a000000-17-v3",
        "qe-identity/tdx-early",
        "qve-identity/standard",
        "pck-crl/platform",
        "pck-crl/processor",
        "root-ca-crl/intel",
        "pck-certificates/0123abcd-0000",
        $"pck-certificate/0123abcd-0000-{new string('0', 32)}-0d00",
        $"vcek/milan-{Chip}-bl04.tee00.snp27.ucode222",
        "vcek/turin-0123456789abcdef-fmc01.bl02.tee01.snp04.ucode80",
        "vlek/genoa-bl10.tee00.snp27.ucode88",
        "snp-chain/milan-vlek",
        "snp-crl/turin-vcek",
        "tcb-evaluation-numbers/sgx",
        "tcb-evaluation-numbers/tdx",
        "fmspcs/all",
        "fmspcs/client",
        "fmspcs/e3",
        "fmspcs/e5",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void IsRead_FromItsOwnText(string text)
    {
        var key = CollateralKey.TryParse(text);

        Assert.NotNull(key);
        Assert.Equal(text, key.ToString());
        Assert.Equal(key, CollateralKey.TryParse(key.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("tcb-info/sgx-00606A000000-standard")]
    [InlineData("tcb-info/sgx-00606a000000-017")]
    [InlineData("tcb-info/snp-00606a000000-standard")]
    [InlineData("tcb-info/tdx-00606a000000-standard-v3")]
    [InlineData("tcb-info/../../etc/passwd")]
    [InlineData("vcek/milan-00-bl04.tee00.snp27.ucode222")]
    [InlineData("vlek/genoa-bl300.tee00.snp27.ucode88")]
    [InlineData("vlek/genoa-bl1.tee00.snp27.ucode88")]
    [InlineData("pck-certificates/..-0000")]
    [InlineData("snp-chain/milan-none")]
    public void IsNothing_ForAnotherText(string text) => Assert.Null(CollateralKey.TryParse(text));

    [Fact]
    public void DoesNotDependOn_HowHexIsSpelled() =>
        Assert.Equal(CollateralKey.TcbInfo(Tee.Sgx, "00606A000000"), CollateralKey.TcbInfo(Tee.Sgx, "00606a000000"));

    [Fact]
    public void DoesNotDependOn_AnFmcThatTheProductHasNot() => Assert.Equal(
        CollateralKey.Vcek(SnpProduct.Milan, Chip, new SnpTcb(7, 1, 2, 3, 4)), CollateralKey.Vcek(
            SnpProduct.Milan, Chip, new SnpTcb(null, 1, 2, 3, 4)));

    [Fact]
    public void Names_NoMachine_InALog()
    {
        var vcek = CollateralKey.Vcek(SnpProduct.Milan, Chip, new SnpTcb(null, 1, 2, 3, 4));
        var pck = CollateralKey.PckCertificates("0123456789abcdef0123456789abcdef", "0000");

        Assert.DoesNotContain(Chip, vcek.ToLogText(), StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", pck.ToLogText(), StringComparison.Ordinal);
    }
}
