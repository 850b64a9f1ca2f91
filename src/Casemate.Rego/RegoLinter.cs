using Casemate.Rego.Linting;
using Casemate.Rego.Syntax;

namespace Casemate.Rego;

/// <summary>Looks for what compiles and is probably not meant.</summary>
public static class RegoLinter
{
    /// <summary>Finds what is doubtful in modules, each by itself.</summary>
    /// <param name="sources">The modules. One that cannot be read gives nothing: <see cref="RegoCompiler"/> says what is wrong with it.</param>
    /// <param name="options">The dialect and the limits of a module; null for the defaults.</param>
    /// <returns>The warnings, by file, line and column.</returns>
    public static IReadOnlyList<RegoWarning> Find(IEnumerable<RegoSource> sources, RegoCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        options ??= new RegoCompileOptions();
        var warnings = new List<RegoWarning>();
        foreach (var source in sources.Where(source => RegoCompiler.Refusal(source, options) is null))
        {
            try
            {
                new ModuleLinter(Parser.ReadModule(source.File, source.Text, options.Version), warnings).Run();
            }
            catch (RegoSyntaxException)
            {
                // Compiling the same text says it, with the place.
            }
        }

        return
        [
            .. warnings.OrderBy(warning => warning.Location.File, StringComparer.Ordinal).ThenBy(warning => warning.Location.Line)
                .ThenBy(warning => warning.Location.Column).ThenBy(warning => warning.Code),
        ];
    }
}
