using System.Globalization;
using Casemate.Cli.Collateral;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Store;

namespace Casemate.Cli.Doctor;

/// <summary>The collateral that is kept here: whether it verifies, and how long it lasts.</summary>
internal sealed class CollateralChecks(ExaminedNode node)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(7);

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All => [new(DoctorFindingId.CollateralFresh, FreshAsync)];

    private async Task<IReadOnlyList<DoctorFinding>> FreshAsync(CancellationToken cancellationToken)
    {
        if (node.CollateralDirectory is not { } directory || !Directory.Exists(directory))
        {
            return [DoctorFinding.NotChecked(
                DoctorFindingId.CollateralFresh, "no collateral is kept on this machine: whoever verifies has it elsewhere",
                "Name a directory with --collateral DIR, or fetch: casemate collateral fetch")];
        }

        var store = DirectoryCollateralStore.OpenToRead(directory);
        var found = new List<StoredCollateral>();
        var findings = new List<DoctorFinding>();
        foreach (var key in await store.ListAsync(cancellationToken))
        {
            var reading = await store.ReadAsync(key, cancellationToken);
            if (reading.Collateral is { } piece)
            {
                found.Add(piece);
            }
            else if (reading.Damage.Length > 0)
            {
                findings.Add(DoctorFinding.Failed(
                    DoctorFindingId.CollateralFresh, reading.Damage, "casemate collateral repair; then: casemate collateral fetch", key.ToLogText()));
            }
        }

        var now = node.Time.GetUtcNow();
        var audited = CollateralAudit.Verify(found, node.Roots, now);
        findings.AddRange(audited.Select(piece => Judge(piece, directory, now)).OfType<DoctorFinding>());
        if (findings.Count == 0)
        {
            findings.Add(audited.Length == 0
                ? DoctorFinding.Warning(DoctorFindingId.CollateralFresh, $"{directory} holds nothing", "casemate collateral fetch")
                : DoctorFinding.Passed(
                    DoctorFindingId.CollateralFresh,
                    $"{audited.Length} pieces in {directory} verify; the first ends {CollateralTable.Day(
                        audited.Where(piece => !piece.Collateral.Key.IsImmutable).Min(piece => piece.Collateral.NotAfter))}"));
        }

        return findings;
    }

    private static DoctorFinding? Judge(AuditedCollateral piece, string directory, DateTimeOffset now)
    {
        var (collateral, about) = (piece.Collateral, piece.Collateral.Key.ToLogText());
        if (collateral.NotBefore > now)
        {
            return DoctorFinding.Failed(
                DoctorFindingId.CollateralFresh,
                $"{directory}: it begins {CollateralTable.Day(collateral.NotBefore)}, and this machine's clock says {CollateralTable.Day(now)}",
                "This machine's clock is behind: timedatectl; chronyc tracking", about);
        }

        if (!piece.IsVerified)
        {
            return DoctorFinding.Failed(
                DoctorFindingId.CollateralFresh, $"{directory}: it does not verify: {piece.Problem}",
                "Name a simulator's root with --root FILE, or fetch it again: casemate collateral fetch", about);
        }

        var evidence = string.Create(CultureInfo.InvariantCulture, $"{directory}: it ends {CollateralTable.Day(collateral.NotAfter)}");
        return piece.IsExpired(now) ? DoctorFinding.Failed(DoctorFindingId.CollateralFresh, evidence, "casemate collateral fetch", about)
            : piece.IsExpired(now + s_soon) ? DoctorFinding.Warning(DoctorFindingId.CollateralFresh, evidence, "casemate collateral fetch", about)
            : null;
    }
}
