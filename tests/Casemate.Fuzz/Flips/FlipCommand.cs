using System.Diagnostics;

namespace Casemate.Fuzz.Flips;

/// <summary>The command <c>flips</c>: runs kinds of subjects and prints what became of the flips, by region.</summary>
internal static class FlipCommand
{
    public static int Run(string kind, FlipDensity density)
    {
        var kinds = kind is "all" ? FlipSubjects.Kinds : FlipSubjects.Kinds.Where(k => k == kind).ToArray().AsEnumerable();
        if (!kinds.Any())
        {
            Console.Error.WriteLine($"no kind is named '{kind}': {string.Join(", ", FlipSubjects.Kinds)}");
            return 2;
        }

        var (watch, flips, surprises) = (Stopwatch.StartNew(), 0L, 0);
        foreach (var name in kinds)
        {
            var (one, run, subjects) = (Stopwatch.StartNew(), new FlipRun(density), 0);
            foreach (var subject in FlipSubjects.OfKind(name))
            {
                run.Run(subject);
                subjects++;
            }

            foreach (var (region, count) in run.Counts)
            {
                Console.WriteLine(
                    $"  {region,-76} {count.Refused,9} refused {count.Unchanged,8} say the same {count.WithoutCache,7} also without cache");
            }

            var total = run.Counts.Values.Sum(c => c.Refused + c.Unchanged);
            flips += total;
            Console.WriteLine($"{name}: {subjects} subjects, {total} flips, {one.Elapsed.TotalSeconds:F0} s");
            foreach (var surprise in run.Surprises)
            {
                surprises++;
                Console.WriteLine($"  SURPRISE {surprise}");
            }
        }

        Console.WriteLine($"{flips} flips, {surprises} surprises, {watch.Elapsed.TotalSeconds:F0} s");
        return surprises == 0 && flips > 0 ? 0 : 1;
    }
}
