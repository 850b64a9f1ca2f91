using System.Reflection;
using System.Text;

namespace Casemate.Testing;

/// <summary>
/// Describes the public surface of an assembly as text, so that a change of it is a diff that a person reads. Kept because the usual
/// analyzer for this is not in the feed.
/// </summary>
public static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Where the accepted surface of an assembly is written down.</summary>
    public static string FileOf(Assembly assembly) =>
        Path.Combine(RepositoryPaths.Root, "tests", "api", assembly.GetName().Name + ".txt");

    /// <summary>
    /// The accepted and the actual surface. With CASEMATE_ACCEPT_API=1 in the environment the actual one is written down as accepted.
    /// </summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="isOurs">Which of its types count; null: all.</param>
    public static (string Accepted, string Actual) Compare(Assembly assembly, Func<Type, bool>? isOurs = null)
    {
        var actual = Describe(assembly.GetExportedTypes().Where(isOurs ?? (_ => true)));
        var file = FileOf(assembly);
        if (Environment.GetEnvironmentVariable("CASEMATE_ACCEPT_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }

        return (File.Exists(file) ? File.ReadAllText(file) : "", actual);
    }

    private static string Describe(IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var type in types.OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(NameOf(type)).Append('\n');
            var members = type.IsEnum
                ? Enum.GetNames(type).Select(n => $"{n} = {Convert.ToInt64(Enum.Parse(type, n), null)}")
                : type.GetMembers(Declared).Select(Member).OfType<string>().Order(StringComparer.Ordinal);
            foreach (var member in members)
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string? Member(MemberInfo member) => member switch
    {
        FieldInfo f when f.IsPublic => $"{(f.IsLiteral ? "const " : f.IsStatic ? "static " : "")}{NameOf(f.FieldType)} {f.Name}",
        PropertyInfo p when Visible(p.GetMethod) || Visible(p.SetMethod) =>
            $"{(p.GetMethod?.IsStatic == true ? "static " : "")}{NameOf(p.PropertyType)} {p.Name} {{{(Visible(p.GetMethod) ? " get;" : "")}{(Visible(p.SetMethod) ? Setter(p.SetMethod!) : "")} }}",
        ConstructorInfo c when Visible(c) => $"new({Parameters(c)})",
        MethodInfo m when Visible(m) && !m.IsSpecialName && !m.Name.Contains('<', StringComparison.Ordinal) && !IsOfRecord(m) =>
            $"{(m.IsStatic ? "static " : "")}{NameOf(m.ReturnType)} {m.Name}({Parameters(m)})",
        EventInfo e => $"event {e.Name}",
        _ => null,
    };

    private static string Setter(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Any(t => t.Name == "IsExternalInit") ? " init;" : " set;";

    private static bool Visible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    // What the compiler adds to every record is no decision of ours.
    private static bool IsOfRecord(MethodInfo method) =>
        method.Name is "PrintMembers" or "Equals" or "GetHashCode" or "ToString" or "Deconstruct";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{NameOf(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = …" : "")}"));

    private static string Kind(Type type) =>
        type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "sealed class" : type.IsAbstract ? "abstract class" : "class";

    private static string NameOf(Type type)
    {
        if (type.IsByRef)
        {
            return "ref " + NameOf(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return NameOf(type.GetElementType()!) + "[]";
        }

        var name = type.IsGenericParameter ? type.Name : (type.DeclaringType is { } outer ? NameOf(outer) + "." : Prefix(type)) + type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }

    private static string Prefix(Type type) => type.Namespace?.StartsWith("Casemate", StringComparison.Ordinal) == true ? type.Namespace + "." : "";
}
