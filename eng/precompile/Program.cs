using Casemate.Precompile;

// Usage: Casemate.Precompile DIRECTORY     Takes the mark AggressiveOptimization off the methods of the assemblies in it, and lists them.
//
// A marked method is left out when the rest is compiled ahead, and compiled each time the program starts. The mark is the framework's way
// to get code past the first, unoptimised stage of compilation at run time, where it would be too slow or allocate. Code that is compiled
// ahead has no such stage. NoOptimization, on which comparisons in constant time rest, is another mark and stays. This step can go when
// the framework marks none any more, which it says by failing, or when the compiler heeds the mark no more.
if (args is not [var directory])
{
    Console.Error.WriteLine("usage: Casemate.Precompile DIRECTORY");
    return 2;
}

var methods = 0;
foreach (var path in Directory.GetFiles(directory, "*.dll").Order(StringComparer.Ordinal))
{
    var assembly = File.ReadAllBytes(path);
    var names = OptimizationMarks.Clear(assembly);
    if (names.Count == 0)
    {
        continue;
    }

    File.WriteAllBytes(path, assembly);
    methods += names.Count;
    names.ForEach(Console.WriteLine);
}

if (methods == 0)
{
    Console.Error.WriteLine("Casemate.Precompile: no method is marked AggressiveOptimization any more: take this step out of the build");
    return 1;
}

return 0;
