using System.Diagnostics.CodeAnalysis;
using Casemate.Attestation;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Sgx;
using Casemate.Quoting.Tsm;

namespace Casemate.Quoting;

/// <summary>Finds out what evidence a machine can make.</summary>
public static class EvidenceProviders
{
    /// <summary>Looks at a machine: configfs first, then the devices of older kernels.</summary>
    /// <param name="roots">Where to look.</param>
    public static EvidenceDetection Detect(EvidenceRoots roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        IGuestEvidenceProvider? guest = null;
        if (TsmReportProvider.TryOpen(roots.Tsm, out var tsm, out var tsmProblem))
        {
            guest = tsm;
        }

        string? tdxProblem = null, snpProblem = null;
        if (guest is null && TdxGuestDeviceProvider.TryOpen(
            roots.TdxDevice, new QuoteGenerationClient(roots.QuoteGeneration), out var tdx, out tdxProblem))
        {
            guest = tdx;
        }

        if (guest is null && SnpGuestDeviceProvider.TryOpen(
            roots.SnpDevice, (uint)(roots.Tsm.PrivilegeLevel ?? 0), out var snp, out snpProblem))
        {
            guest = snp;
        }

        return new EvidenceDetection(
            guest,
            [
                Guest(Tee.Tdx, guest, $"a TD reports through {roots.Tsm.Root}", tsmProblem, tdxProblem,
                    guest is TdxGuestDeviceProvider ? $"{roots.TdxDevice}, quotes from {roots.QuoteGeneration}" : roots.Tsm.Root),
                Guest(Tee.Snp, guest, $"an SEV-SNP guest reports through {roots.Tsm.Root}", tsmProblem, snpProblem,
                    guest is SnpGuestDeviceProvider ? roots.SnpDevice : roots.Tsm.Root),
                Sgx(roots),
            ]);
    }

    /// <summary>Opens one way to the evidence of a guest, and no other.</summary>
    /// <param name="way">Which.</param>
    /// <param name="roots">Where to look.</param>
    /// <param name="guest">The provider, or null.</param>
    /// <param name="problem">Why there is none and what would help, a clause; null after success.</param>
    public static bool TryOpen(
        GuestBackEnd way, EvidenceRoots roots, [NotNullWhen(true)] out IGuestEvidenceProvider? guest,
        [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(roots);
        IGuestEvidenceProvider? found;
        string? why;
        switch (way)
        {
            case GuestBackEnd.Tsm:
                found = TsmReportProvider.TryOpen(roots.Tsm, out var tsm, out why) ? tsm : null;
                break;
            case GuestBackEnd.Snp:
                var vmpl = (uint)(roots.Tsm.PrivilegeLevel ?? 0);
                found = SnpGuestDeviceProvider.TryOpen(roots.SnpDevice, vmpl, out var snp, out why) ? snp : null;
                break;
            case GuestBackEnd.Tdx:
                var quotes = new QuoteGenerationClient(roots.QuoteGeneration);
                found = TdxGuestDeviceProvider.TryOpen(roots.TdxDevice, quotes, out var tdx, out why) ? tdx : null;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, "Not a way to the evidence of a guest.");
        }

        if (found is null)
        {
            (guest, problem) = (null, why!);
            return false;
        }

        (guest, problem) = (found, null);
        return true;
    }

    private static EvidenceFinding Guest(
        Tee tee, IGuestEvidenceProvider? guest, string usual, string? tsmProblem, string? deviceProblem, string source)
    {
        if (guest is not null)
        {
            return guest.Tee == tee
                ? new EvidenceFinding(tee, Available: true, $"Evidence comes from {source}.")
                : new EvidenceFinding(tee, Available: false, $"This is a guest of the kind {guest.Tee.ToString().ToUpperInvariant()}.");
        }

        return new EvidenceFinding(tee, Available: false, $"Usually {usual}: {tsmProblem}. With older kernels: {deviceProblem}.");
    }

    // Both have to be there: a device to make an enclave with, and somebody who quotes what it reports.
    private static EvidenceFinding Sgx(EvidenceRoots roots)
    {
        var (hasDevice, isServed) = (ReportEnclaveLoader.Spellings(roots.SgxDevice).Any(File.Exists), File.Exists(roots.AesmSocket));
        return new EvidenceFinding(
            Tee.Sgx, hasDevice && isServed, (hasDevice, isServed) switch
            {
                (true, true) => $"Evidence is of an enclave of this program, quoted at {roots.AesmSocket}.",
                (true, false) =>
                    $"An enclave can be made here, and there is nobody to quote it: {roots.AesmSocket} does not exist. "
                        + "Run 'casemate quote-helper'.",
                (false, _) =>
                    $"{roots.SgxDevice} does not exist: turn SGX on in the firmware (kernel 5.11 or later), "
                        + "or mount the device into the container.",
            });
    }
}
