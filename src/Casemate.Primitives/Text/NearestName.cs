namespace Casemate.Primitives.Text;

/// <summary>Finds the name that somebody probably meant.</summary>
public static class NearestName
{
    private const int MaxLength = 64;

    /// <summary>The candidate with the fewest edits, if they are few enough for a typing error; null otherwise. Case does not count.</summary>
    /// <param name="name">What was written; anything longer than 64 characters is no typing error.</param>
    /// <param name="candidates">What could have been meant.</param>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length > MaxLength)
        {
            return null;
        }

        string? best = null;
        var fewest = int.MaxValue;
        foreach (var candidate in candidates)
        {
            if (Math.Abs(name.Length - candidate.Length) > Math.Max(2, candidate.Length / 3))
            {
                continue;                                                  // so many letters are missing or too much, whatever they are
            }

            var edits = Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (edits < fewest && edits <= Math.Max(2, candidate.Length / 3))
            {
                (best, fewest) = (candidate, edits);
            }
        }

        return best;
    }

    // Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
