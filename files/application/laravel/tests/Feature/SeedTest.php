<?php

namespace Tests\Feature;

use App\Models\Product;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Tests\TestCase;

class SeedTest extends TestCase
{
    use RefreshDatabase;

    public function test_a_second_seed_adds_nothing_and_takes_nothing_back(): void
    {
        $this->artisan('db:seed', ['--force' => true])->assertSuccessful();
        $count = Product::query()->count();
        $this->assertGreaterThan(1, $count);
        Product::query()->where('sku', 'atlas')->delete();
        Product::query()->where('sku', 'eyepiece-9')->update(['stock' => 1]);

        $this->artisan('db:seed', ['--force' => true])->assertSuccessful();

        $this->assertSame($count - 1, Product::query()->count());
        $this->assertSame(1, Product::query()->where('sku', 'eyepiece-9')->value('stock'));
    }

    public function test_a_second_migration_has_nothing_to_do_and_it_can_be_taken_back(): void
    {
        $this->artisan('migrate', ['--force' => true])->assertSuccessful()
            ->expectsOutputToContain('Nothing to migrate');
        $this->artisan('migrate:rollback', ['--force' => true])->assertSuccessful();
        $this->assertFalse($this->app['db']->getSchemaBuilder()->hasTable('products'));
    }
}
