using System.Reflection;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Architecture.Tests;

/// <summary>What the analyzers cannot see in the projects without I/O.</summary>
public sealed class SansIoTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<Assembly> Assemblies() => [typeof(StunMessage).Assembly, typeof(TurnServer).Assembly];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_signature_without_IO_has_a_task(Assembly assembly)
    {
        IEnumerable<string> offenders =
            from type in assembly.GetTypes()
            from method in type.GetMethods(All)
            where method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType).Any(IsTask)
            select $"{type}.{method.Name}";
        Assert.Empty(offenders);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_field_without_IO_is_a_socket_a_task_a_clock_or_a_timer(Assembly assembly)
    {
        IEnumerable<string> offenders =
            from type in assembly.GetTypes()
            from field in type.GetFields(All)
            where IsTask(field.FieldType)
                || field.FieldType.Namespace is "System.Net.Sockets" or "System.Timers"
                || field.FieldType == typeof(Timer)
                || typeof(TimeProvider).IsAssignableFrom(field.FieldType)
            select $"{type}.{field.Name}";
        Assert.Empty(offenders);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_projects_without_IO_load_no_sockets_and_no_hosting(Assembly assembly)
    {
        Assert.DoesNotContain(assembly.GetReferencedAssemblies(), reference =>
            reference.Name is "System.Net.Sockets" or "System.Threading.Tasks" or "System.Linq"
            || reference.Name!.StartsWith("Microsoft.", StringComparison.Ordinal));
    }

    private static bool IsTask(Type type) =>
        type.Namespace == "System.Threading.Tasks" || (type.IsGenericType && type.GetGenericArguments().Any(IsTask));
}
