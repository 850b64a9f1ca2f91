namespace Casemate.Cli;

/// <summary>Finds what somebody probably meant to type.</summary>
internal static class Spelling
{
    /// <summary>
    /// The candidate nearest to <paramref name="typed"/> by insertions, deletions, substitutions and swaps of neighbours, if it
    /// is near enough (one change per three letters, at least one); null otherwise.
    /// </summary>
    public static string? Closest(string typed, IEnumerable<string> candidates)
    {
        var (best, bestDistance) = ((string?)null, Math.Max(1, typed.Length / 3) + 1);
        foreach (var candidate in candidates)
        {
            var distance = Distance(typed, candidate);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    // Optimal string alignment; words of a command line are short, so the full matrix is fine. Longer input is never near.
    private static int Distance(string a, string b)
    {
        const int limit = 64;
        if (a.Length > limit || b.Length > limit)
        {
            return int.MaxValue;
        }

        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                var change = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1), cost[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
