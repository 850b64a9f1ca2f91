using System.Diagnostics;
using System.Globalization;

namespace Casemate.Node.Bench;

/// <summary>Memory of a process as the kernel counts it.</summary>
internal static class ProcessMemory
{
    /// <returns>Megabytes (units of a million bytes): resident, and of it anonymous.</returns>
    public static (double Resident, double Anonymous) Of(Process process)
    {
        var status = File.ReadLines($"/proc/{process.Id}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return (Megabytes(status["VmRSS"]), Megabytes(status["RssAnon"]));
    }

    private static double Megabytes(string kibibytes) =>
        double.Parse(kibibytes.Trim().Split(' ')[0], CultureInfo.InvariantCulture) * 1024 / 1_000_000;
}
