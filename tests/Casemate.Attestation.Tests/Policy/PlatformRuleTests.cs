using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Simulator.Snp;

namespace Casemate.Attestation.Tests.Policy;

/// <summary>Rules about the machine: each one met, and each one refusing alone.</summary>
public sealed class PlatformRuleTests
{
    private static readonly EvidencePolicy s_any = new() { AcceptAnyIdentity = true, AcceptUnboundEvidence = true };

    [Fact]
    public void Bulletin_IsAFloorForTheReportedTcb()
    {
        foreach (var (product, snp, accepted) in ((SnpProduct, byte, bool)[])
            [
                (SnpProduct.Milan, 0x18, true), (SnpProduct.Milan, 0x17, false),
                (SnpProduct.Genoa, 0x17, true), (SnpProduct.Genoa, 0x16, false),
            ])
        {
            var verdict = Snp(
                new SnpPolicy { Bulletins = [SnpBulletin.Sb3019] },
                s => s with { ReportedTcb = s.ReportedTcb with { Snp = snp } }, product);
            if (accepted)
            {
                Assert.Empty(verdict.Reasons);
                Assert.True(verdict.Accepted);
            }
            else
            {
                var reason = Assert.Single(verdict.Reasons);
                Assert.Equal(CheckId.TcbFloor, reason.Id);
                Assert.EndsWith(", as AMD-SB-3019 asks", reason.Expected, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void AChipThatHides_PassesNoListOfDeniedOnes()
    {
        var rules = new SnpPolicy { DeniedChipIds = [Bytes(0xD1)], AcceptMaskedChipId = true };
        var chip = Bytes(0x11);

        Assert.True(Snp(rules, s => s with { ChipId = chip, Vek = new() { HardwareId = chip } }).Accepted);
        var reason = Assert.Single(Snp(rules, s => s with { MaskChipId = true }).Reasons);
        Assert.Equal(CheckId.ChipId, reason.Id);
        Assert.Equal("no chip that the policy denies", reason.Expected);

        static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 64)];
    }

    [Fact]
    public void Bulletin_RefusesProductLinesThatItDoesNotName()
    {
        var reason = Assert.Single(
            Snp(new SnpPolicy { Bulletins = [SnpBulletin.Sb3019] }, product: SnpProduct.Turin).Reasons, c => c.Id is CheckId.TcbFloor);
        Assert.Equal("a product line for which AMD-SB-3019 names a TCB: Milan or Genoa", reason.Expected);
        Assert.Equal("Turin", reason.Actual);
    }

    [Theory]
    [InlineData(1, 55, 20, true)]
    [InlineData(1, 55, 21, false)]
    [InlineData(1, 54, 99, true)]
    [InlineData(1, 56, 0, false)]
    [InlineData(0, 99, 99, true)]
    [InlineData(2, 0, 0, false)]
    public void Firmware_IsComparedByMajorThenMinorThenBuild(byte major, byte minor, byte build, bool accepted)
    {
        var (current, committed) = (new SnpPolicy { MinimumCurrentFirmware = (major, minor, build) },
            new SnpPolicy { MinimumCommittedFirmware = (major, minor, build) });
        foreach (var policy in (SnpPolicy[])[current, committed])
        {
            var verdict = Snp(policy, s => policy == current
                ? s with { CurrentVersion = new(1, 55, 20), CommittedVersion = new(0, 1, 1) }
                : s with { CurrentVersion = new(9, 9, 9), CommittedVersion = new(1, 55, 20) });
            Assert.Equal(accepted, verdict.Accepted);
            Assert.All(verdict.Reasons, r => Assert.Equal(CheckId.TcbFloor, r.Id));
        }
    }

    [Fact]
    public void ReportIdMa_IsOneOfTheList()
    {
        var (mine, other) = (Simulated.Bytes(32, 1), Simulated.Bytes(32, 2));
        var guest = Simulated.Guest with { ReportIdMa = mine };
        Assert.True(Snp(new SnpPolicy { ReportIdMas = [other, mine] }, guest: guest).Accepted);
        AssertRefused(CheckId.GuestIds, Snp(new SnpPolicy { ReportIdMas = [other] }, guest: guest));
    }

    [Fact]
    public void ReservedBits_OfSnp_AreToleratedByMaskOnly_AndReported()
    {
        var guest = Simulated.Guest with { Policy = Simulated.Guest.Policy | 1UL << 40 };
        SnpScenario Odd(SnpScenario s) => s with { PlatformInfo = s.PlatformInfo | 0x40 };
        var both = new SnpPolicy { ToleratedReservedPolicyBits = 1UL << 40, ToleratedReservedPlatformInfoBits = 0x40 };
        var verdict = Snp(both, Odd, guest: guest);
        Assert.True(verdict.Accepted);
        Assert.Equal(
            "POLICY 0x10000000000, PLATFORM_INFO 0x40",
            Assert.Single(verdict.Checks, c => c is { Id: CheckId.ReservedBits, Outcome: CheckOutcome.Warned }).Actual);
        AssertRefused(CheckId.ReservedBits, Snp(both with { ToleratedReservedPolicyBits = 0 }, Odd, guest: guest));
        AssertRefused(CheckId.ReservedBits, Snp(both with { ToleratedReservedPlatformInfoBits = 0x80 }, Odd, guest: guest));

        // Bit 17 must be one: no mask makes up for that.
        AssertRefused(
            CheckId.ReservedBits,
            Snp(new SnpPolicy { ToleratedReservedPolicyBits = ulong.MaxValue }, guest: Simulated.Guest with { Policy = 0 }));
    }

    [Fact]
    public void ReservedBits_OfSgxAndTdx_AreToleratedByMaskOnly_AndReported()
    {
        var enclave = new SimulatedEnclave { MrEnclave = Simulated.Bytes(32, 1), Flags = 0x05 | 1UL << 20 };
        AssertRefused(CheckId.ReservedBits, Sgx(new SgxPolicy(), enclave));
        AssertRefused(CheckId.ReservedBits, Sgx(new SgxPolicy { ToleratedReservedFlags = 1UL << 21 }, enclave));
        AssertTolerated("ATTRIBUTES 0x100000", Sgx(new SgxPolicy { ToleratedReservedFlags = 3UL << 20 }, enclave));

        var td = Simulated.Td with { TdAttributes = SimulatedTd.SeptVeDisable | 1UL << 40 };
        AssertRefused(CheckId.ReservedBits, Tdx(new TdxPolicy(), td));
        AssertTolerated("TDATTRIBUTES 0x10000000000", Tdx(new TdxPolicy { ToleratedReservedTdAttributes = 1UL << 40 }, td));
    }

    [Fact]
    public void Masks_TolerateNoFlagThatHasAMeaning()
    {
        var debug = new SimulatedEnclave { MrEnclave = Simulated.Bytes(32, 1), Flags = 0x07 };
        AssertRefused(CheckId.Debug, Sgx(new SgxPolicy { ToleratedReservedFlags = ulong.MaxValue }, debug));
        AssertRefused(
            CheckId.Debug, Tdx(
                new TdxPolicy { ToleratedReservedTdAttributes = ulong.MaxValue },
                Simulated.Td with { TdAttributes = SimulatedTd.SeptVeDisable | SimulatedTd.Debug }));
        AssertRefused(
            CheckId.Debug, Snp(
                new SnpPolicy { ToleratedReservedPolicyBits = ulong.MaxValue },
                guest: Simulated.Guest with { Policy = Simulated.Guest.Policy | SimulatedGuest.PolicyDebug }));
    }

    [Fact]
    public void Machine_IsNamedByItsIds_WhichStayOutOfTheChecks()
    {
        var enclave = new SimulatedEnclave { MrEnclave = Simulated.Bytes(32, 1) };
        var platform = Assert.IsType<SgxClaims>(Sgx(new SgxPolicy(), enclave).Claims).Platform;
        var other = Simulated.Bytes(16, 0x40);
        foreach (var (rule, accepted) in ((PlatformPolicy, bool)[])
            [
                (new() { AllowedPpids = [other, platform.Ppid] }, true), (new() { AllowedPpids = [other] }, false),
                (new() { DeniedPpids = [other] }, true), (new() { DeniedPpids = [platform.Ppid] }, false),
                (new() { AllowedPlatformInstanceIds = [platform.PlatformInstanceId ?? other] }, platform.PlatformInstanceId is not null),
                (new() { AllowedPlatformInstanceIds = [Simulated.Bytes(16, 0x50)] }, false),
                (new() { DeniedPlatformInstanceIds = [other] }, true),
                (new() { DeniedPlatformInstanceIds = [platform.PlatformInstanceId ?? other] }, platform.PlatformInstanceId is null),
                (new() { SgxTypes = [platform.SgxType] }, true),
                (new() { SgxTypes = [.. Enum.GetValues<SgxType>().Where(t => t != platform.SgxType)] }, false),
            ])
        {
            foreach (var verdict in (Verdict[])
                [Sgx(new SgxPolicy { Platform = rule }, enclave), Tdx(new TdxPolicy { Platform = rule }, Simulated.Td)])
            {
                Assert.Equal(accepted, verdict.Accepted);
                Assert.All(verdict.Reasons, r => Assert.Equal(CheckId.PlatformFlags, r.Id));
                Assert.DoesNotContain(
                    verdict.Checks, c => c.Id is CheckId.PlatformFlags
                        && (c.Actual + c.Expected).Contains(Convert.ToHexStringLower(platform.Ppid), StringComparison.Ordinal));
            }
        }
    }

    private static Verdict Snp(
        SnpPolicy policy, Func<SnpScenario, SnpScenario>? change = null, SnpProduct product = SnpProduct.Milan,
        SimulatedGuest? guest = null)
    {
        var snp = Simulated.Platform.Snp(product).With(s => change?.Invoke(s) ?? s);
        return SnpReportVerifier.Verify(
            snp.Report(guest ?? Simulated.Guest, new byte[64]), snp.Endorsements(Simulated.Noon), Simulated.Platform.Allow(TrustRoots.None),
            Simulated.Noon, s_any with { Snp = policy });
    }

    private static Verdict Sgx(SgxPolicy policy, SimulatedEnclave enclave) => QuoteVerifier.Verify(
        Simulated.Dcap.QuoteSgx(enclave, new byte[64]), Simulated.Dcap.Collateral(Tee.Sgx, Simulated.Noon), Simulated.Roots, Simulated.Noon,
        s_any with { Sgx = policy });

    private static Verdict Tdx(TdxPolicy policy, SimulatedTd td) => QuoteVerifier.Verify(
        Simulated.Dcap.QuoteTdx(td, new byte[64]), Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon), Simulated.Roots, Simulated.Noon,
        s_any with { Tdx = policy });

    private static void AssertRefused(CheckId id, Verdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Contains(verdict.Reasons, c => c.Id == id);
    }

    private static void AssertTolerated(string what, Verdict verdict)
    {
        Assert.True(verdict.Accepted);
        Assert.Equal(what, Assert.Single(verdict.Checks, c => c is { Id: CheckId.ReservedBits, Outcome: CheckOutcome.Warned }).Actual);
    }
}
