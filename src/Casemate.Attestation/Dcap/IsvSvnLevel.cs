namespace Casemate.Attestation.Dcap;

/// <summary>One level of a QE identity or of a TDX module identity: an ISVSVN of at least this has this status.</summary>
/// <param name="IsvSvn">The SVN.</param>
/// <param name="Date">tcbDate.</param>
/// <param name="Status">UpToDate, OutOfDate or Revoked.</param>
/// <param name="AdvisoryIds">advisoryIDs.</param>
internal sealed record IsvSvnLevel(ushort IsvSvn, DateTimeOffset Date, TcbStatus Status, string[] AdvisoryIds)
{
    /// <summary>Reads <c>tcbLevels</c>, newest first whatever the order in the document.</summary>
    public static IsvSvnLevel[] ReadAll(CollateralJson json)
    {
        var levels = new List<IsvSvnLevel>();
        foreach (var level in json.Objects("tcbLevels"))
        {
            var status = level.Status("tcbStatus");
            if (status is not (TcbStatus.UpToDate or TcbStatus.OutOfDate or TcbStatus.Revoked))
            {
                throw level.Error("tcbStatus", "is not UpToDate, OutOfDate or Revoked");
            }

            levels.Add(new IsvSvnLevel(
                (ushort)level.Object("tcb").Number("isvsvn", ushort.MaxValue), level.Time("tcbDate"), status, level.OptionalTexts("advisoryIDs")));
        }

        if (levels.Count == 0)
        {
            throw json.Error("tcbLevels", "is empty");
        }

        levels.Sort((a, b) => b.IsvSvn.CompareTo(a.IsvSvn));
        for (var i = 1; i < levels.Count; i++)
        {
            if (levels[i].IsvSvn == levels[i - 1].IsvSvn)
            {
                throw json.Error("tcbLevels", $"has isvsvn {levels[i].IsvSvn} twice");
            }
        }

        return [.. levels];
    }

    /// <summary>The newest level that <paramref name="isvSvn"/> reaches; null when it reaches none.</summary>
    public static IsvSvnLevel? Match(IsvSvnLevel[] levels, int isvSvn)
    {
        foreach (var level in levels)
        {
            if (isvSvn >= level.IsvSvn)
            {
                return level;
            }
        }

        return null;
    }
}
