using System.Collections.Immutable;
using System.Text;

namespace Casemate.Images.Closure;

/// <summary>The directories that a GNU loader was built with.</summary>
/// <param name="DefaultDirectories">The default directories, in order, without a slash at the end.</param>
/// <param name="Lib">What <c>$LIB</c> stands for.</param>
internal sealed record GnuLayout(ImmutableArray<string> DefaultDirectories, string Lib)
{
    // Of distributions with several architectures beside each other, with lib64, and with one directory. The loader holds its list as
    // strings one after the other, each with a slash and a zero byte at its end: so it is seen which list it is.
    private static readonly GnuLayout[] s_known =
    [
        new(["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"], "lib/x86_64-linux-gnu"),
        new(["/lib64", "/usr/lib64"], "lib64"),
        new(["/lib", "/usr/lib"], "lib"),
        new(["/usr/lib"], "lib"),
    ];

    /// <summary>What is used for a loader whose list is not found in it: all of the usual directories.</summary>
    public static GnuLayout Usual { get; } = new(
        ["/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"], "lib64");

    /// <summary>Finds the list in the loader's file.</summary>
    public static GnuLayout Of(ReadOnlySpan<byte> loader)
    {
        foreach (var layout in s_known)
        {
            if (loader.IndexOf(Encoding.ASCII.GetBytes("\0" + string.Concat(layout.DefaultDirectories.Select(directory => directory + "/\0")))) >= 0)
            {
                return layout;
            }
        }

        return Usual;
    }
}
