using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Puts the literals of a body into an order in which every variable is bound before it is needed.</summary>
internal static class BodyOrder
{
    // Comparisons of one body's ordering; a body that needs more was made to cost time.
    private const int MostTries = 2_000_000;

    /// <summary>The ordered literals. Variables that nothing binds are left in <paramref name="unsafeSlots"/>.</summary>
    public static List<Literal> Sort(Literal[] body, BoundVariables bound, out HashSet<int> unsafeSlots)
    {
        var ordered = new List<Literal>(body.Length);
        var waiting = new List<Literal>(body);
        var tries = 0;
        unsafeSlots = [];
        while (waiting.Count > 0)
        {
            var found = -1;
            for (var i = 0; i < waiting.Count && tries < MostTries; i++)
            {
                tries++;
                if (Variables.After(waiting[i], bound) is { } after)
                {
                    foreach (var slot in after.Own)
                    {
                        bound.Add(slot);
                    }

                    found = i;
                    break;
                }
            }

            if (found < 0)
            {
                foreach (var literal in waiting)
                {
                    Variables.Free(literal, unsafeSlots);
                }

                unsafeSlots.RemoveWhere(bound.Contains);
                return ordered;
            }

            ordered.Add(waiting[found]);
            waiting.RemoveAt(found);
        }

        return ordered;
    }
}
