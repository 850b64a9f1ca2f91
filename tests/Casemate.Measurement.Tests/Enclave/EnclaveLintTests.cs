using Casemate.Measurement.Enclave;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Settings that a signature fixes: each finding by itself.</summary>
public sealed class EnclaveLintTests : EnclaveTestBase
{
    public static TheoryData<EnclaveFindingId, EnclaveFindingSeverity, Action<SigStructBuilder>> Cases => new()
    {
        { EnclaveFindingId.DebugAllowed, EnclaveFindingSeverity.Error, b => b.FlagsMask = ~EnclaveFlags.Debug },
        { EnclaveFindingId.DebugAllowed, EnclaveFindingSeverity.Error, b => b.Flags = EnclaveFlags.Mode64Bit | EnclaveFlags.Debug },
        { EnclaveFindingId.FlagsNotMasked, EnclaveFindingSeverity.Warning, b => b.FlagsMask = ~EnclaveFlags.ProvisionKey },
        { EnclaveFindingId.FlagsNotMasked, EnclaveFindingSeverity.Warning, b => b.FlagsMask = ~EnclaveFlags.Kss },
        { EnclaveFindingId.MiscSelectNotMasked, EnclaveFindingSeverity.Note, b => b.MiscMask = ~1U },
        { EnclaveFindingId.ProvisionKey, EnclaveFindingSeverity.Warning, b => b.Flags = EnclaveFlags.Mode64Bit | EnclaveFlags.ProvisionKey },
        { EnclaveFindingId.LaunchKey, EnclaveFindingSeverity.Warning, b => b.Flags = EnclaveFlags.Mode64Bit | EnclaveFlags.EInitTokenKey },
        { EnclaveFindingId.SecurityVersionZero, EnclaveFindingSeverity.Warning, b => b.SecurityVersion = 0 },
        { EnclaveFindingId.ProductIdZero, EnclaveFindingSeverity.Warning, b => b.ProductId = 0 },
        { EnclaveFindingId.DateInFuture, EnclaveFindingSeverity.Warning, b => b.Date = new DateOnly(2026, 11, 22) },
        { EnclaveFindingId.UnknownVendor, EnclaveFindingSeverity.Error, b => b.Vendor = 0x1022 },
        { EnclaveFindingId.SoftwareDefinedSet, EnclaveFindingSeverity.Note, b => b.SoftwareDefined = 1 },
        { EnclaveFindingId.IdentityWithoutKss, EnclaveFindingSeverity.Error, b => b.WithFamilyId([.. Enumerable.Repeat((byte)1, 16)]) },
        { EnclaveFindingId.Kss, EnclaveFindingSeverity.Note, b => b.Flags = EnclaveFlags.Mode64Bit | EnclaveFlags.Kss },
        { EnclaveFindingId.UnknownAttributes, EnclaveFindingSeverity.Error, b => b.Flags = (EnclaveFlags)(4 | (1UL << 40)) },
        { EnclaveFindingId.UnknownAttributes, EnclaveFindingSeverity.Error, b => b.Flags = (EnclaveFlags)5 },
        { EnclaveFindingId.Not64Bit, EnclaveFindingSeverity.Error, b => b.Flags = EnclaveFlags.None },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Finds_ThisAlone(EnclaveFindingId id, EnclaveFindingSeverity severity, Action<SigStructBuilder> change)
    {
        var builder = Proper();
        change(builder);
        var finding = Assert.Single(Examine(builder, Noon));

        Assert.Equal((id, severity), (finding.Id, finding.Severity));
        Assert.EndsWith(".", finding.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_NothingInAProperOne_AndNothingInTheFutureOfOneDay()
    {
        Assert.Empty(Examine(Proper(), Noon));
        Assert.Empty(Examine(Proper(), Noon.AddDays(-1)));
        Assert.NotEmpty(Examine(Proper(), Noon.AddDays(-3)));
    }

    [Fact]
    public void Finds_ADayThatIsNone_AndABrokenSignature()
    {
        using var key = NewKey();
        var bytes = Proper().Sign(key);
        bytes[20] = 0x45;
        _ = SigStruct.TryRead(bytes, out var structure);

        Assert.Equal(
            [EnclaveFindingId.InvalidSignature, EnclaveFindingId.DateMalformed],
            EnclaveLint.Examine(structure, Noon).Select(finding => finding.Id));
    }

    [Fact]
    public void Knows_TheKeysThatArePublished()
    {
        Assert.Equal(2, KnownSigners.SampleSigners.Count);
        Assert.All(KnownSigners.SampleSigners, signer => Assert.NotNull(KnownSigners.DescribeSample(Convert.FromHexString(signer))));
        Assert.Null(KnownSigners.DescribeSample(new byte[32]));
    }

    private static SigStructBuilder Proper() =>
        new SigStructBuilder { Date = Today, ProductId = 1, SecurityVersion = 1 }.WithMrEnclave(new byte[32]);

    private static IReadOnlyList<EnclaveFinding> Examine(SigStructBuilder builder, DateTimeOffset now)
    {
        using var key = NewKey();
        _ = SigStruct.TryRead(builder.Sign(key), out var structure);
        return EnclaveLint.Examine(structure, now);
    }
}
