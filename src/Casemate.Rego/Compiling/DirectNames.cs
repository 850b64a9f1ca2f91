using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Collects the names that a body uses outside of inner bodies.</summary>
internal static class DirectNames
{
    public static void Collect(IEnumerable<Literal> body, HashSet<string> names)
    {
        foreach (var literal in body)
        {
            // What := and some declare is declared when its turn comes.
            if (literal.Kind is LiteralKind.Expression or LiteralKind.Unify)
            {
                Collect(literal.Left, names);
            }
            else if (literal.Kind is LiteralKind.Assign)
            {
                CollectKeys(literal.Left, names);
            }

            Collect(literal.Right, names);
            foreach (var (_, value) in literal.With)
            {
                Collect(value, names);
            }
        }
    }

    /// <summary>Collects the names that a body declares itself.</summary>
    public static void CollectDeclared(IEnumerable<Literal> body, HashSet<string> names)
    {
        foreach (var literal in body)
        {
            if (literal.Kind is LiteralKind.Some)
            {
                Array.ForEach(literal.Names, name => Collect(name, names));
            }
            else if (literal.Kind is LiteralKind.Assign or LiteralKind.SomeIn)
            {
                CollectValues(literal.Key, names);
                CollectValues(literal.Left, names);
            }
        }
    }

    private static void CollectValues(Term? pattern, HashSet<string> names)
    {
        switch (pattern)
        {
            case NameTerm name:
                names.Add(name.Name);
                break;
            case ArrayTerm array:
                Array.ForEach(array.Items, item => CollectValues(item, names));
                break;
            case ObjectTerm members:
                Array.ForEach(members.Members, member => CollectValues(member.Value, names));
                break;
        }
    }

    public static void Collect(Term? term, HashSet<string> names)
    {
        if (term is NameTerm name)
        {
            names.Add(name.Name);
        }
        else if (term is not null)
        {
            TermParts.ForEach(term, names, Collect);
        }
    }

    // The keys of an object pattern are looked up, not declared.
    private static void CollectKeys(Term? pattern, HashSet<string> names)
    {
        if (pattern is ArrayTerm array)
        {
            foreach (var item in array.Items)
            {
                CollectKeys(item, names);
            }
        }
        else if (pattern is ObjectTerm members)
        {
            foreach (var (key, value) in members.Members)
            {
                Collect(key, names);
                CollectKeys(value, names);
            }
        }
    }
}
