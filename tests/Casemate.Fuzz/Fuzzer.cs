namespace Casemate.Fuzz;

/// <summary>Runs a target over its seeds and over mutations of them.</summary>
public static class Fuzzer
{
    /// <summary>Runs the target.</summary>
    /// <returns>How many mutated inputs the parser accepted and how many it refused.</returns>
    /// <exception cref="FuzzFailure">A property broke, or a seed was refused.</exception>
    public static (long Accepted, long Refused) Run(FuzzTarget target, long count, int seed)
    {
        ArgumentNullException.ThrowIfNull(target);
        foreach (var real in target.Seeds)
        {
            if (!Feed(target, real))
            {
                throw new FuzzFailure($"{target.Name}: a seed is refused, so the run would prove nothing", real);
            }
        }

        var mutator = new Mutator(seed);
        var (accepted, refused) = (0L, 0L);
        for (var i = 0L; i < count; i++)
        {
            if (Feed(target, mutator.Next(target.Seeds)))
            {
                accepted++;
            }
            else
            {
                refused++;
            }
        }

        return (accepted, refused);
    }

    private static bool Feed(FuzzTarget target, byte[] input)
    {
        try
        {
            return target.Run(input);
        }
        catch (Exception e) when (e is not FuzzFailure)
        {
            throw new FuzzFailure($"{target.Name}: {e.GetType().Name}: {e.Message}", input);
        }
    }
}
