using Casemate.Measurement.Tdx;

namespace Casemate.Cli.Measure;

/// <summary>The names under which users know how a VMM adds pages.</summary>
internal static class MrtdProfileName
{
    private static readonly (string Name, MrtdProfile Profile)[] s_names =
    [
        ("qemu", MrtdProfile.PageByPage),
        ("cloud-hypervisor", MrtdProfile.PageByPage),
        ("qemu-2024", MrtdProfile.SectionBySection),
        ("add-all-first", MrtdProfile.AllAddedFirst),
        ("gce", MrtdProfile.GoogleComputeEngine),
        ("gce-early", MrtdProfile.GoogleComputeEngineMeasuringAll),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_names.Select(n => n.Name)];

    /// <summary>Finds a profile.</summary>
    /// <exception cref="CliException">There is none of the name.</exception>
    public static MrtdProfile Parse(string name)
    {
        foreach (var known in s_names)
        {
            if (known.Name == name)
            {
                return known.Profile;
            }
        }

        throw CliException.Usage($"--profile: '{name}' is not known", $"Name one of {string.Join(", ", All)}.");
    }

    /// <summary>The names of a profile.</summary>
    public static string NamesOf(MrtdProfile profile) =>
        string.Join(", ", s_names.Where(n => n.Profile == profile).Select(n => n.Name));
}
